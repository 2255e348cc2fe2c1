import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jwt.JWT;
import com.nimbusds.oauth2.sdk.AuthorizationCodeGrant;
import com.nimbusds.oauth2.sdk.AuthorizationGrant;
import com.nimbusds.oauth2.sdk.ClientCredentialsGrant;
import com.nimbusds.oauth2.sdk.RefreshTokenGrant;
import com.nimbusds.oauth2.sdk.ResourceOwnerPasswordCredentialsGrant;
import com.nimbusds.oauth2.sdk.ResponseType;
import com.nimbusds.oauth2.sdk.Scope;
import com.nimbusds.oauth2.sdk.TokenRequest;
import com.nimbusds.oauth2.sdk.TokenResponse;
import com.nimbusds.oauth2.sdk.auth.ClientAuthentication;
import com.nimbusds.oauth2.sdk.auth.ClientSecretBasic;
import com.nimbusds.oauth2.sdk.auth.PrivateKeyJWT;
import com.nimbusds.oauth2.sdk.auth.Secret;
import com.nimbusds.oauth2.sdk.http.HTTPRequest;
import com.nimbusds.oauth2.sdk.id.ClientID;
import com.nimbusds.oauth2.sdk.id.Issuer;
import com.nimbusds.oauth2.sdk.id.State;
import com.nimbusds.oauth2.sdk.pkce.CodeChallengeMethod;
import com.nimbusds.oauth2.sdk.pkce.CodeVerifier;
import com.nimbusds.openid.connect.sdk.AuthenticationRequest;
import com.nimbusds.openid.connect.sdk.AuthenticationResponse;
import com.nimbusds.openid.connect.sdk.AuthenticationResponseParser;
import com.nimbusds.openid.connect.sdk.LogoutRequest;
import com.nimbusds.openid.connect.sdk.Nonce;
import com.nimbusds.openid.connect.sdk.OIDCTokenResponseParser;
import com.nimbusds.openid.connect.sdk.Prompt;
import com.nimbusds.openid.connect.sdk.UserInfoRequest;
import com.nimbusds.openid.connect.sdk.UserInfoResponse;
import com.nimbusds.openid.connect.sdk.claims.AccessTokenHash;
import com.nimbusds.openid.connect.sdk.claims.IDTokenClaimsSet;
import com.nimbusds.openid.connect.sdk.op.OIDCProviderMetadata;
import com.nimbusds.openid.connect.sdk.token.OIDCTokens;
import com.nimbusds.openid.connect.sdk.validators.AccessTokenValidator;
import com.nimbusds.openid.connect.sdk.validators.IDTokenValidator;
import java.net.URI;
import java.util.List;
import java.util.UUID;

/**
 * Nimbus's OAuth 2.0 SDK with OpenID Connect extensions over https, with an authority that Java is told to believe
 * (javax.net.ssl.trustStore): sign-in, renewal, logout, and a client that signs who it is.
 */
final class Https {
    private static final URI CALLBACK = URI.create("http://localhost:3000/callback");
    private static final URI SIGNED_OUT = URI.create("http://localhost:3000/");
    private static final ClientID WEB = new ClientID("demo-web");
    private static final ClientAuthentication SECRET = new ClientSecretBasic(WEB, new Secret("demo-web-secret"));

    private final OIDCProviderMetadata metadata;

    private Https(OIDCProviderMetadata metadata) {
        this.metadata = metadata;
    }

    private interface Story {
        void tell() throws Exception;
    }

    public static void main(String[] arguments) throws Exception {
        var client = new Https(OIDCProviderMetadata.resolve(new Issuer(System.getenv("CLAVIGER_TEST_HTTPS_ISSUER"))));
        var told = tell("aliceSignsInRenewsAndLogsOut", client::aliceSignsInRenewsAndLogsOut)
                & tell("aMachineProvesWhoItIsByItsKey", client::aMachineProvesWhoItIsByItsKey);
        System.exit(told ? 0 : 1);
    }

    private static boolean tell(String name, Story story) {
        try {
            story.tell();
            System.out.println("--- PASS: " + name);
            return true;
        } catch (Exception | AssertionError problem) {
            System.out.println("--- FAIL: " + name);
            problem.printStackTrace(System.out);
            return false;
        }
    }

    private void aliceSignsInRenewsAndLogsOut() throws Exception {
        var browser = new Browser(metadata.getIssuer().getValue());
        var verifier = new CodeVerifier();
        var nonce = new Nonce();
        var answer = ask(browser, Prompt.Type.CONSENT, verifier, nonce);
        Check.same(List.of("/login", "/consent"), browser.visited);
        var grant = new AuthorizationCodeGrant(answer.toSuccessResponse().getAuthorizationCode(), CALLBACK, verifier);
        var tokens = tokens(SECRET, grant);
        var claims = checked(tokens, nonce);
        var answered = UserInfoResponse.parse(
                new UserInfoRequest(metadata.getUserInfoEndpointURI(), tokens.getAccessToken()).toHTTPRequest().send());
        var person = answered.toSuccessResponse().getUserInfo();
        Check.same(claims.getSubject(), person.getSubject());
        Check.same("alice@example.com", person.getEmailAddress());

        var renewed = tokens(SECRET, new RefreshTokenGrant(tokens.getRefreshToken()));
        Check.that(!renewed.getAccessToken().equals(tokens.getAccessToken()), "the same access token");
        Check.same(claims.getSubject(), checked(renewed, null).getSubject());
        var silently = ask(browser, Prompt.Type.NONE, new CodeVerifier(), new Nonce());
        Check.that(silently.indicatesSuccess(), "signed in, but silently refused");

        var state = new State();
        var leave = new LogoutRequest(metadata.getEndSessionEndpointURI(), renewed.getIDToken(), SIGNED_OUT, state);
        Check.same(URI.create(SIGNED_OUT + "?state=" + state), browser.open(leave.toURI()));
        var refused = ask(browser, Prompt.Type.NONE, new CodeVerifier(), new Nonce());
        Check.same("login_required", refused.toErrorResponse().getErrorObject().getCode());
        refused("invalid_grant", SECRET, new RefreshTokenGrant(renewed.getRefreshToken()));
    }

    private void aMachineProvesWhoItIsByItsKey() throws Exception {
        var machine = new ClientID("interop-" + UUID.randomUUID());
        var key = new ECKeyGenerator(Curve.P_256).keyID("one").generate();
        register("""
                {"client_id": "%s", "client_name": "Interop", "grant_types": ["client_credentials"], "scope": "items:read",
                 "token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [%s]}}""".formatted(machine, key.toPublicJWK()));
        Check.that(tokens(signed(machine, key), new ClientCredentialsGrant()).getAccessToken() != null, "no access token");
        var other = new ECKeyGenerator(Curve.P_256).keyID("one").generate();
        refused("invalid_client", signed(machine, other), new ClientCredentialsGrant());
    }

    /** The answer to an authorization request. */
    private AuthenticationResponse ask(Browser browser, Prompt.Type prompt, CodeVerifier verifier, Nonce nonce) throws Exception {
        var state = new State();
        var request = new AuthenticationRequest.Builder(ResponseType.CODE, new Scope("openid", "profile", "email"), WEB, CALLBACK)
                .endpointURI(metadata.getAuthorizationEndpointURI())
                .codeChallenge(verifier, CodeChallengeMethod.S256)
                .state(state)
                .nonce(nonce)
                .prompt(prompt)
                .build();
        var answer = AuthenticationResponseParser.parse(browser.open(request.toURI()));
        Check.same(state, answer.getState());
        Check.same(metadata.getIssuer(), answer.getIssuer());
        return answer;
    }

    private TokenResponse request(ClientAuthentication client, AuthorizationGrant grant) throws Exception {
        var request = new TokenRequest.Builder(metadata.getTokenEndpointURI(), client, grant).build();
        return OIDCTokenResponseParser.parse(request.toHTTPRequest().send());
    }

    private OIDCTokens tokens(ClientAuthentication client, AuthorizationGrant grant) throws Exception {
        var answer = request(client, grant);
        Check.that(answer.indicatesSuccess(), answer.indicatesSuccess() ? "" : answer.toErrorResponse().toJSONObject());
        var tokens = answer.toSuccessResponse().getTokens();
        return tokens instanceof OIDCTokens both ? both : new OIDCTokens((JWT) null, tokens.getAccessToken(), tokens.getRefreshToken());
    }

    private void refused(String code, ClientAuthentication client, AuthorizationGrant grant) throws Exception {
        Check.same(code, request(client, grant).toErrorResponse().getErrorObject().getCode());
    }

    /** The claims of the ID token, once Nimbus has nothing against it. */
    private IDTokenClaimsSet checked(OIDCTokens tokens, Nonce nonce) throws Exception {
        var keys = metadata.getJWKSetURI().toURL();
        var claims = new IDTokenValidator(metadata.getIssuer(), WEB, JWSAlgorithm.RS256, keys).validate(tokens.getIDToken(), nonce);
        var hash = new AccessTokenHash(claims.getStringClaim("at_hash"));
        AccessTokenValidator.validate(tokens.getAccessToken(), JWSAlgorithm.RS256, hash);
        return claims;
    }

    private ClientAuthentication signed(ClientID client, ECKey key) throws Exception {
        // RFC 10070: an assertion is for the issuer.
        var audience = URI.create(metadata.getIssuer().getValue());
        return new PrivateKeyJWT(client, audience, JWSAlgorithm.ES256, key.toPrivateKey(), key.getKeyID(), null);
    }

    /** Registers a client by the management API, as alice. */
    private void register(String client) throws Exception {
        var password = new ResourceOwnerPasswordCredentialsGrant("alice", new Secret("wonderland"));
        var asked = new TokenRequest.Builder(metadata.getTokenEndpointURI(), new ClientID("claviger-docs"), password)
                .scope(new Scope("clients:write"));
        var answer = TokenResponse.parse(asked.build().toHTTPRequest().send());
        var post = new HTTPRequest(HTTPRequest.Method.POST, URI.create(metadata.getIssuer() + "/api/v1/clients"));
        post.setAuthorization(answer.toSuccessResponse().getTokens().getBearerAccessToken().toAuthorizationHeader());
        post.setContentType("application/json");
        post.setBody(client);
        Check.same(201, post.send().getStatusCode());
    }
}
