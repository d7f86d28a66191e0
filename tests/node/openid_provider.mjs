// Providers at which the people of the tests have accounts: certified code, one issuer a port, and steered from outside.
//
// The names of the issuers are its arguments, `club@localhost` for one at another host. Its first line says, as JSON,
// where each of them is, and where it is told what to do: a POST of {"issuer": "first", …} changes one of them for all
// answers from then on:
//   clients   who may send people here, as in dynamic registration
//   people    what is known of them: {"ada": {"email": …}}; whoever is not named is an ordinary person
//   rotate    true: new keys sign, and the old ones are gone
//   manners   how it misbehaves: {idToken: {claims, header, by}, userinfo, discovery, landing: what is said instead (null
//             takes it away); jwks: "unnamed" keys; answers: {"/token": "hang"} and so on, see `rude`}
// A GET tells how often each path was asked for. Keys of a second kind, ES256, belong to each of them.
import { createServer } from "node:http";
import { gzipSync } from "node:zlib";
import * as jose from "jose";
import Provider from "oidc-provider";

const json = { "content-type": "application/json" };
const scopes = { email: ["email", "email_verified"], profile: ["name", "given_name", "family_name", "preferred_username", "picture", "roles", "groups"] };
const stranger = await keyPair("RS256");
const bomb = gzipSync(Buffer.alloc(8 << 20, " "));

const rude = {
  hang: () => {},
  error: (response) => response.writeHead(500).end("no"),
  large: (response) => flood(response.writeHead(200, json), 50),
  bomb: (response) => response.writeHead(200, { ...json, "content-encoding": "gzip" }).end(bomb),
  html: (response) => response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>Welcome</title>"),
  text: (response) => response.writeHead(200, json).end('{"access_token": '),
  list: (response) => response.writeHead(200, json).end("[]"),
  round: (response, path) => response.writeHead(302, { location: path }).end(),
  drip: (response) => {
    response.writeHead(200, json);
    const drops = setInterval(() => response.write(" "), 200);
    response.on("close", () => clearInterval(drops));
  },
};

function flood(response, left) {
  if (left === 0) return response.end();
  response.write(Buffer.alloc(1 << 20, " "), () => flood(response, left - 1));
}

async function keyPair(algorithm) {
  const { publicKey, privateKey } = await jose.generateKeyPair(algorithm, { extractable: true });
  const named = { kid: await jose.calculateJwkThumbprint(await jose.exportJWK(publicKey)), alg: algorithm, use: "sig" };
  return { privateKey, ...named, jwk: { ...(await jose.exportJWK(privateKey)), ...named } };
}

const changed = (told, instead = {}) =>
  Object.fromEntries(Object.entries({ ...told, ...instead }).filter(([, value]) => value !== null));

class Issuer {
  constructor(name, host) {
    Object.assign(this, { name, host, clients: [], people: {}, manners: {}, asked: {} });
    this.server = createServer((request, response) => this.answer(request, response));
  }

  async open() {
    await new Promise((ready) => this.server.listen(0, "127.0.0.1", ready));
    this.url = `http://${this.host}:${this.server.address().port}`;
    await this.rotate();
  }

  async rotate() {
    this.keys = [await keyPair("RS256"), await keyPair("ES256")];
    this.begin();
  }

  begin() {
    this.provider = new Provider(this.url, {
      clients: this.clients,
      jwks: { keys: this.keys.map(({ jwk }) => jwk) },
      claims: { openid: ["sub", "sid", "oid"], ...scopes },
      conformIdTokenClaims: false,
      cookies: { keys: [this.url], names: { session: `${this.name}_session`, interaction: `${this.name}_step`, resume: `${this.name}_resume` } },
      features: { devInteractions: { enabled: false } },
      interactions: { url: (_, { uid }) => `/interaction/${uid}` },
      findAccount: (_, sub) => ({ accountId: sub, claims: () => this.person(sub) }),
      loadExistingGrant: (ctx) => this.grant(ctx.oidc),
      ttl: { Session: 3600, Grant: 3600, Interaction: 3600, AccessToken: 3600, IdToken: 3600 },
    });
    this.provider.use(async (ctx, next) => {
      await next();
      await this.rephrase(ctx);
    });
    this.handle = this.provider.callback();
  }

  person(sub) {
    const ordinary = { email: `${sub}@example.org`, email_verified: true, name: `${sub} of ${this.name}`, preferred_username: sub };
    return { sub, ...changed(ordinary, this.people[sub]) };
  }

  async grant({ session, client }) {
    const grant = new this.provider.Grant({ accountId: session.accountId, clientId: client.clientId });
    grant.addOIDCScope("openid email profile offline_access");
    await grant.save();
    return grant;
  }

  async answer(request, response) {
    const path = new URL(request.url, this.url).pathname;
    this.asked[path] = (this.asked[path] ?? 0) + 1;
    const manner = this.manners.answers?.[path];
    if (manner) return rude[manner](response, path);
    if (!path.startsWith("/interaction/")) return this.handle(request, response);
    if (request.method === "GET") return this.show(response, path);
    const typed = new URLSearchParams(await read(request));
    const refused = { error: "access_denied", error_description: "They changed their mind." };
    const result = typed.has("login") ? { login: { accountId: typed.get("login") } } : refused;
    return this.provider.interactionFinished(request, response, result);
  }

  show(response, path) {
    const page = `<!doctype html><html lang="en"><title>${this.name}</title><h1>Sign in at ${this.name}</h1>
<form method="post" action="${path}"><label>Login <input name="login" required></label><button>Enter</button></form>
<form method="post" action="${path}"><button>Cancel</button></form>`;
    response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(page);
  }

  async rephrase(ctx) {
    const { idToken, userinfo, discovery, landing, jwks } = this.manners;
    const onwards = ctx.response.get("location");
    if (landing && onwards?.includes("/callback?")) ctx.set("location", relanded(onwards, landing));
    if (ctx.path === "/me" && userinfo) ctx.body = changed(ctx.body, userinfo);
    if (ctx.path === "/.well-known/openid-configuration" && discovery) ctx.body = changed(ctx.body, discovery);
    if (ctx.path === "/jwks" && jwks === "unnamed") ctx.body = { keys: ctx.body.keys.map((key) => changed(key, { kid: null })) };
    if (ctx.body?.id_token && idToken) ctx.body = { ...ctx.body, id_token: await this.forged(ctx.body.id_token, idToken) };
  }

  async forged(token, { claims, header, by }) {
    const said = changed(jose.decodeJwt(token), claims);
    const above = changed(jose.decodeProtectedHeader(token), header);
    if (by === "nobody") return new jose.UnsecuredJWT(said).encode();
    if (by === "secret") {
      const secret = new TextEncoder().encode(this.clients[0].client_secret);
      return new jose.SignJWT(said).setProtectedHeader({ ...above, alg: "HS256" }).sign(secret);
    }
    const own = this.keys.find(({ alg }) => alg === above.alg);
    return new jose.SignJWT(said).setProtectedHeader(above).sign((by === "stranger" ? stranger : own).privateKey);
  }

  async obey({ rotate, ...told }) {
    Object.assign(this, told);
    if (rotate) await this.rotate();
    else if (told.clients) this.begin();
  }
}

function relanded(onwards, instead) {
  const address = new URL(onwards);
  for (const [name, value] of Object.entries(instead)) {
    if (value === null) address.searchParams.delete(name);
    else address.searchParams.set(name, value);
  }
  return address.href;
}

async function read(request) {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

const called = process.argv.slice(2).map((argument) => argument.split("@"));
const issuers = Object.fromEntries(called.map(([name, host = "127.0.0.1"]) => [name, new Issuer(name, host)]));
await Promise.all(Object.values(issuers).map((each) => each.open()));
const steering = createServer(async (request, response) => {
  if (request.method === "POST") {
    const { issuer, ...told } = JSON.parse(await read(request));
    await issuers[issuer].obey(told);
  }
  response.writeHead(200, json).end(JSON.stringify(Object.fromEntries(Object.entries(issuers).map(([name, { asked }]) => [name, asked]))));
});
steering.listen(0, "127.0.0.1", () => {
  const found = Object.fromEntries(Object.entries(issuers).map(([name, { url }]) => [name, url]));
  console.log(JSON.stringify({ steering: `http://127.0.0.1:${steering.address().port}`, issuers: found }));
});
