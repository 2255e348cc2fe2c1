package interop

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// A browser without JavaScript: cookies, redirects, and forms that it fills in by the names of their inputs.
type browser struct {
	t       *testing.T
	issuer  string
	http    *http.Client
	visited []string // the paths of the pages that asked for something
}

func newBrowser(t *testing.T, issuer string, believed *x509.CertPool) *browser {
	jar, err := cookiejar.New(nil)
	must(t, err)
	return &browser{t: t, issuer: issuer, http: &http.Client{
		Jar:           jar,
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{RootCAs: believed}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Opens an address, answers every page as alice, and returns the redirect that leaves the issuer.
func (b *browser) open(address string) *url.URL {
	b.t.Helper()
	answer, err := b.http.Get(address)
	for range 10 {
		must(b.t, err)
		if answer.StatusCode/100 == 3 {
			target, err := answer.Location()
			must(b.t, err)
			if !strings.HasPrefix(target.String(), b.issuer+"/") {
				return target
			}
			answer, err = b.http.Get(target.String())
			must(b.t, err)
		} else {
			answer, err = b.press(answer)
		}
	}
	b.t.Fatalf("no way out of the pages %v", b.visited)
	return nil
}

func (b *browser) press(page *http.Response) (*http.Response, error) {
	b.t.Helper()
	where := page.Request.URL
	if page.StatusCode != http.StatusOK {
		b.t.Fatalf("%v answered %v", where, page.Status)
	}
	b.visited = append(b.visited, where.Path)
	document, err := html.Parse(page.Body)
	must(b.t, err)
	must(b.t, page.Body.Close())
	for node := range document.Descendants() {
		if node.Data == "form" {
			if action, fields, found := filledIn(node); found {
				target, err := where.Parse(action)
				must(b.t, err)
				request, err := http.NewRequest("POST", target.String(), strings.NewReader(fields.Encode()))
				must(b.t, err)
				request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				request.Header.Set("Origin", b.issuer)
				return b.http.Do(request)
			}
		}
	}
	b.t.Fatalf("no button on %v", where)
	return nil, nil
}

// Where a form goes and with what; found is whether it has a button that goes on.
func filledIn(form *html.Node) (action string, fields url.Values, found bool) {
	action, fields = attribute(form, "action"), url.Values{}
	answers := map[string]string{"username": "alice", "password": "wonderland"}
	for node := range form.Descendants() {
		if node.Data != "input" && node.Data != "button" {
			continue
		}
		name, kind, value := attribute(node, "name"), attribute(node, "type"), attribute(node, "value")
		switch {
		case node.Data == "button" || kind == "submit":
			if slices.Contains([]string{"login-submit", "consent-allow"}, attribute(node, "id")) {
				found = true
				fields.Set(name, value)
			}
		case (kind == "checkbox" || kind == "radio") && !has(node, "checked"):
		case answers[name] != "":
			fields.Set(name, answers[name])
		case name != "":
			fields.Set(name, value)
		}
	}
	return action, fields, found
}

func attribute(node *html.Node, name string) string {
	for _, attribute := range node.Attr {
		if attribute.Key == name {
			return attribute.Val
		}
	}
	return ""
}

func has(node *html.Node, name string) bool {
	return slices.ContainsFunc(node.Attr, func(attribute html.Attribute) bool { return attribute.Key == name })
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
