"""
An application, played by an independent and certified client: openid-client, in tests/node/relying_party.mjs.

Whatever it takes, it validates as the specifications want it; a test sees what it says in the end.
Leaves to others: what the person does meanwhile (person).
"""

from collections.abc import Mapping
from typing import Any

from tests.servers.node import Conversation

REDIRECT_URI = "https://app.example.org/callback"
LANDING = "https://app.example.org/signed-out"


class Declined(Exception):
    """The client does not accept what it was given, or was told no; `told` is what it says about that."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        super().__init__(told)
        self.told = told

    @property
    def error(self) -> str | None:
        """The code of RFC 6749 or OpenID Connect Core, if the provider gave one."""
        return self.told.get("error")


class Applications:
    """The applications of one conversation, and the keys that they keep."""

    def __init__(self, conversation: Conversation, *, has_tls: bool) -> None:
        """Without TLS (*has_tls*) the client has to be told that this is meant."""
        self._conversation = conversation
        self._manner = {"execute": [_of("allowInsecureRequests")]} if not has_tls else {}

    def call(self, function: str, *arguments: Any, keep: str = "") -> Any:
        """Call *function* of a package, such as `client.randomState`; what it returns may be kept under a name."""
        answer = self._conversation.ask({"call": function, "with": arguments, "keep": keep})
        if "error" in answer:
            raise Declined(answer["error"])
        return answer["value"]

    def key_pair(self, algorithm: str) -> dict[str, Any]:
        """Let the application make a pair of keys named after *algorithm*; return a set of the public one."""
        self.call("jose.generateKeyPair", algorithm, {"extractable": True}, keep=algorithm)
        public = self.call("jose.exportJWK", {"$kept": f"{algorithm}.publicKey"})
        return {"keys": [{**public, "kid": f"{algorithm} of ours", "alg": algorithm, "use": "sig"}]}

    def proof(self, method: str, secret: Any = None) -> dict[str, str]:
        """Return what proves the client, by *method*: `ClientSecretBasic` and so on."""
        self.call(f"client.{method}", *([] if secret is None else [secret]), keep=f"proof {method}")
        return {"$kept": f"proof {method}"}

    def discovered(self, issuer: str, client_id: str, proof: Any, **metadata: Any) -> "RelyingParty":
        """Return the client that it is registered as, with all that *issuer* says of itself."""
        arguments = ({"$url": issuer}, client_id, metadata, proof, self._manner)
        return RelyingParty(self, client_id, self.call("client.discovery", *arguments, keep=client_id))

    def registered(self, issuer: str, token: str, proof: Any, **metadata: Any) -> "RelyingParty":
        """Return a client that has registered itself with the initial access *token*."""
        options = {**self._manner, "initialAccessToken": token}
        arguments = ({"$url": issuer}, metadata, proof, options)
        told = self.call("client.dynamicClientRegistration", *arguments, keep="newcomer")
        return RelyingParty(self, "newcomer", told)


class RelyingParty:
    """One application at one provider."""

    def __init__(self, applications: Applications, kept: str, told: Mapping[str, Any]) -> None:
        """
        Speak for what is *kept* under that name; signatures are checked even where TLS would do.

        *told* is what it knows of the `server` and of itself, the `client`.
        """
        self.applications = applications
        self.server, self.metadata = told["server"], told["client"]
        self.config = {"$kept": kept}
        self.verifier = self.state = self.nonce = ""
        applications.call("client.enableNonRepudiationChecks", self.config)

    def ask(self, **parameters: Any) -> str:
        """Return where to send the person, with PKCE, state and nonce of their own."""
        call = self.applications.call
        self.verifier = call("client.randomPKCECodeVerifier")
        self.state, self.nonce = call("client.randomState"), call("client.randomNonce")
        usual = {
            "redirect_uri": REDIRECT_URI,
            "scope": "openid profile email",
            "code_challenge": call("client.calculatePKCECodeChallenge", self.verifier),
            "code_challenge_method": "S256",
            "state": self.state,
            "nonce": self.nonce,
        }
        return str(call("client.buildAuthorizationUrl", self.config, {**usual, **parameters}))

    def take(self, answer: str | Mapping[str, Any], **checks: Any) -> dict[str, Any]:
        """Return the tokens for the *answer*: an address with a query, or a form as it was posted."""
        expected = {"pkceCodeVerifier": self.verifier, "expectedState": self.state, "expectedNonce": self.nonce}
        came = {"$url": answer} if isinstance(answer, str) else answer
        return self._call("authorizationCodeGrant", came, {**expected, **checks})

    def refresh(self, refresh_token: str, **parameters: str) -> dict[str, Any]:
        """Return new tokens."""
        return self._call("refreshTokenGrant", refresh_token, parameters)

    def act_for_itself(self, **parameters: str) -> dict[str, Any]:
        """Return a token for the application, with no person behind it."""
        return self._call("clientCredentialsGrant", parameters)

    def who(self, tokens: Mapping[str, Any]) -> dict[str, Any]:
        """Return what userinfo says, which must be about the subject of the ID token."""
        return self._call("fetchUserInfo", tokens["access_token"], tokens["claims"]["sub"])

    def inspect(self, token: str) -> dict[str, Any]:
        """Return what *token* is good for."""
        return self._call("tokenIntrospection", token)

    def revoke(self, token: str) -> None:
        """Give *token* back."""
        self._call("tokenRevocation", token)

    def leave(self, **parameters: str) -> str:
        """Return where to send the person to sign out."""
        return str(self._call("buildEndSessionUrl", parameters))

    def fetch(self, token: str, url: str, method: str = "GET", body: str | None = None) -> dict[str, Any]:
        """Ask *url* for something, with *token* as the bearer."""
        headers = {"$headers": {"content-type": "application/json"}}
        return dict(self._call("fetchProtectedResource", token, {"$url": url}, method, body, headers))

    def _call(self, function: str, *arguments: Any) -> Any:
        return self.applications.call(f"client.{function}", self.config, *arguments)


def _of(name: str) -> dict[str, str]:
    return {"$of": f"client.{name}"}
