// golang.org/x/oauth2 with coreos/go-oidc over https, with an authority that they are told to believe: sign-in, renewal, logout.
package interop

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

const signedOut = "http://localhost:3000/"

// A relying party, as its users set it up.
type party struct {
	t        *testing.T
	ctx      context.Context
	issuer   string
	believed *x509.CertPool
	provider *oidc.Provider
	config   oauth2.Config
}

func discover(t *testing.T) *party {
	issuer := os.Getenv("CLAVIGER_TEST_HTTPS_ISSUER")
	if issuer == "" {
		t.Fatal("set CLAVIGER_TEST_HTTPS_ISSUER to what tests/interop/https/serve serves, and CLAVIGER_TEST_CA to its ca.pem")
	}
	authority, err := os.ReadFile(os.Getenv("CLAVIGER_TEST_CA"))
	must(t, err)
	believed := x509.NewCertPool()
	if !believed.AppendCertsFromPEM(authority) {
		t.Fatal("no certificate in CLAVIGER_TEST_CA")
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: believed}}, Timeout: 30 * time.Second}
	ctx := oidc.ClientContext(t.Context(), client)
	provider, err := oidc.NewProvider(ctx, issuer)
	must(t, err)
	return &party{t, ctx, issuer, believed, provider, oauth2.Config{
		ClientID:     "demo-web",
		ClientSecret: "demo-web-secret",
		Endpoint:     provider.Endpoint(),
		RedirectURL:  "http://localhost:3000/callback",
		Scopes:       []string{oidc.ScopeOpenID, "profile", "email"},
	}}
}

// The answer to an authorization request, and its nonce and verifier.
func (p *party) ask(browser *browser, prompt string) (answer url.Values, nonce, verifier string) {
	p.t.Helper()
	state, nonce, verifier := oauth2.GenerateVerifier(), oauth2.GenerateVerifier(), oauth2.GenerateVerifier()
	address := p.config.AuthCodeURL(state, oidc.Nonce(nonce), oauth2.S256ChallengeOption(verifier), oauth2.SetAuthURLParam("prompt", prompt))
	callback := browser.open(address)
	if !strings.HasPrefix(callback.String(), p.config.RedirectURL+"?") {
		p.t.Fatalf("sent to %v", callback)
	}
	answer = callback.Query()
	if answer.Get("state") != state || answer.Get("iss") != p.issuer {
		p.t.Fatalf("another answer: %v", answer)
	}
	return answer, nonce, verifier
}

// The ID token beside an access token, once go-oidc has nothing against it.
func (p *party) checked(token *oauth2.Token) (raw string, idToken *oidc.IDToken) {
	p.t.Helper()
	raw, _ = token.Extra("id_token").(string)
	idToken, err := p.provider.Verifier(&oidc.Config{ClientID: p.config.ClientID}).Verify(p.ctx, raw)
	must(p.t, err)
	return raw, idToken
}

func TestWhoIsToldOfNoAuthorityBelievesNoCertificate(t *testing.T) {
	party := discover(t)
	var unknown x509.UnknownAuthorityError
	if _, err := oidc.NewProvider(t.Context(), party.issuer); !errors.As(err, &unknown) {
		t.Fatalf("got %v", err)
	}
}

func TestAliceSignsInRenewsAndLogsOut(t *testing.T) {
	party := discover(t)
	browser := newBrowser(t, party.issuer, party.believed)
	answer, nonce, verifier := party.ask(browser, "consent")
	if !slices.Equal(browser.visited, []string{"/login", "/consent"}) {
		t.Fatalf("visited %v", browser.visited)
	}
	token, err := party.config.Exchange(party.ctx, answer.Get("code"), oauth2.VerifierOption(verifier))
	must(t, err)
	_, idToken := party.checked(token)
	if idToken.Nonce != nonce {
		t.Fatalf("the nonce is %q", idToken.Nonce)
	}
	must(t, idToken.VerifyAccessToken(token.AccessToken))

	person, err := party.provider.UserInfo(party.ctx, oauth2.StaticTokenSource(token))
	must(t, err)
	if person.Subject != idToken.Subject || person.Email != "alice@example.com" || !person.EmailVerified {
		t.Fatalf("userinfo is %+v", person)
	}

	renewed, err := party.config.TokenSource(party.ctx, &oauth2.Token{RefreshToken: token.RefreshToken}).Token()
	must(t, err)
	hint, again := party.checked(renewed)
	if renewed.AccessToken == token.AccessToken || again.Subject != idToken.Subject {
		t.Fatalf("renewed for %v", again.Subject)
	}
	if answer, _, _ := party.ask(browser, "none"); !answer.Has("code") {
		t.Fatalf("signed in, but silently got %v", answer)
	}

	var endpoints struct {
		EndSession string `json:"end_session_endpoint"`
	}
	must(t, party.provider.Claims(&endpoints))
	leave := url.Values{"id_token_hint": {hint}, "post_logout_redirect_uri": {signedOut}, "state": {"bye"}}
	if returned := browser.open(endpoints.EndSession + "?" + leave.Encode()); returned.String() != signedOut+"?state=bye" {
		t.Fatalf("returned to %v", returned)
	}
	if answer, _, _ := party.ask(browser, "none"); answer.Get("error") != "login_required" {
		t.Fatalf("signed out, but silently got %v", answer)
	}
	_, err = party.config.TokenSource(party.ctx, &oauth2.Token{RefreshToken: renewed.RefreshToken}).Token()
	refused(t, err, "invalid_grant")
}

func TestAMachineGetsATokenForItself(t *testing.T) {
	party := discover(t)
	machine := clientcredentials.Config{
		ClientID: "demo-m2m", ClientSecret: "demo-m2m-secret", TokenURL: party.provider.Endpoint().TokenURL, Scopes: []string{"items:read"},
	}
	token, err := machine.Token(party.ctx)
	must(t, err)
	if token.Type() != "Bearer" || token.Extra("scope") != "items:read" {
		t.Fatalf("got a %v token for %v", token.Type(), token.Extra("scope"))
	}
	machine.ClientSecret = "another-secret"
	_, err = machine.Token(party.ctx)
	refused(t, err, "invalid_client")
}

func refused(t *testing.T, err error, code string) {
	t.Helper()
	var refusal *oauth2.RetrieveError
	if !errors.As(err, &refusal) || refusal.ErrorCode != code {
		t.Fatalf("expected %v, got %v", code, err)
	}
}
