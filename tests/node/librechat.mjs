/**
 * LibreChat's own models and the libraries with which it verifies a token, beside a chat application's database.
 *
 * One line of JSON in, one line of JSON out, for as long as it is asked: {"ask": name, ...} as `answers` below knows them.
 */
import { mkdtempSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const require = createRequire(import.meta.url);
const say = process.stdout.write.bind(process.stdout);
process.stdout.write = process.stderr.write.bind(process.stderr); // its models log as they please
process.chdir(mkdtempSync(join(tmpdir(), 'identity-librechat-'))); // and into the folder where they find themselves

const mongoose = require('mongoose');
const { createMethods, createModels } = require('@librechat/data-schemas');
const bcrypt = require('bcryptjs');
const passport = require('passport');
const { ExtractJwt, Strategy } = require('passport-jwt');

const [uri, secret] = process.argv.slice(2);
process.env.JWT_REFRESH_SECRET = secret;
mongoose.set('autoIndex', false);
mongoose.set('strictQuery', true);
await mongoose.connect(uri);
const models = createModels(mongoose);
const methods = createMethods(mongoose, { getMultiplier: () => 1 });
await models.User.syncIndexes();

/** As api/strategies/jwtStrategy.js: the signature, then the person by the claim `id`, on every request. */
passport.use(
  new Strategy(
    { jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(), secretOrKey: secret, algorithms: ['HS256'] },
    async (payload, done) => {
      const user = await methods.getUserById(payload?.id, '-password -__v -totpSecret -backupCodes');
      done(null, user ? { ...user, id: user._id.toString() } : false);
    },
  ),
);

const verified = (token) =>
  new Promise((resolve, reject) => {
    const request = { headers: { authorization: `Bearer ${token}` } };
    passport.authenticate('jwt', { session: false }, (fault, user) => (fault ? reject(fault) : resolve(user || null)))(
      request,
    );
  });

const answers = {
  create: ({ user, hasExpiry }) => methods.createUser(user, undefined, !hasExpiry, true),
  find: ({ by }) => methods.findUser(by),
  password: async ({ id, password }) => {
    const user = await methods.getUserById(id, '+password');
    return bcrypt.compare(password, user.password);
  },
  validate: async ({ id }) => (await models.User.findById(id)).validateSync()?.message ?? null,
  update: ({ id, change }) => methods.updateUser(id, change),
  session: async ({ id }) => Boolean((await methods.createSession(id)).session),
  balance: ({ id }) => methods.findBalanceByUser(id),
  pay: ({ id, amount }) =>
    methods.createTransaction({
      user: id,
      tokenType: 'credits',
      context: 'admin',
      rawAmount: amount,
      balance: { enabled: true },
    }),
  transactions: ({ id }) => methods.getTransactions({ user: id }),
  verify: ({ token }) => verified(token),
};

for await (const line of createInterface({ input: process.stdin })) {
  const question = JSON.parse(line);
  let answer;
  try {
    answer = { is: (await answers[question.ask](question)) ?? null };
  } catch (fault) {
    answer = { fault: String(fault.message ?? fault), code: fault.code ?? null };
  }
  say(`${JSON.stringify(answer)}\n`);
}
await mongoose.disconnect();
