import java.io.IOException;
import java.net.CookieManager;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** A browser without JavaScript: cookies, redirects, and forms that it fills in, as alice, by the names of their inputs. */
final class Browser {
    private static final Map<String, String> ANSWERS = Map.of("username", "alice", "password", "wonderland");
    private static final List<String> BUTTONS = List.of("login-submit", "consent-allow");
    private static final Pattern FORM = Pattern.compile("<form\\b([^>]*)>(.*?)</form>", Pattern.DOTALL);
    private static final Pattern CONTROL = Pattern.compile("<(input|button)\\b([^>]*)>");
    private static final Pattern ATTRIBUTE = Pattern.compile("([\\w-]+)(?:=\"([^\"]*)\")?");

    /** The paths of the pages that asked for something. */
    final List<String> visited = new ArrayList<>();
    private final String issuer;
    private final HttpClient http = HttpClient.newBuilder().cookieHandler(new CookieManager()).build();

    Browser(String issuer) {
        this.issuer = issuer;
    }

    /** Opens an address, answers every page, and returns the redirect that leaves the issuer. */
    URI open(URI address) throws IOException, InterruptedException {
        var answer = send(HttpRequest.newBuilder(address));
        for (int step = 0; step < 10; step++) {
            if (answer.statusCode() / 100 == 3) {
                var target = answer.uri().resolve(answer.headers().firstValue("location").orElseThrow());
                if (!target.toString().startsWith(issuer + "/")) {
                    return target;
                }
                answer = send(HttpRequest.newBuilder(target));
            } else {
                answer = press(answer);
            }
        }
        throw new AssertionError("no way out of the pages " + visited);
    }

    private HttpResponse<String> press(HttpResponse<String> page) throws IOException, InterruptedException {
        Check.that(page.statusCode() == 200, page.uri() + " answered " + page.statusCode() + ": " + page.body());
        visited.add(page.uri().getPath());
        for (var form : FORM.matcher(page.body()).results().toList()) {
            var fields = new LinkedHashMap<String, String>();
            var found = false;
            for (var control : CONTROL.matcher(form.group(2)).results().toList()) {
                var attributes = attributes(control.group(2));
                var name = attributes.getOrDefault("name", "");
                var type = attributes.getOrDefault("type", control.group(1).equals("button") ? "submit" : "text");
                var button = type.equals("submit");
                if (button && !BUTTONS.contains(attributes.get("id"))) {
                    continue;
                }
                found |= button;
                if (!name.isEmpty() && (!type.matches("checkbox|radio") || attributes.containsKey("checked"))) {
                    fields.put(name, ANSWERS.getOrDefault(name, attributes.getOrDefault("value", "")));
                }
            }
            if (found) {
                var body = fields.entrySet().stream().map(field -> encoded(field.getKey()) + "=" + encoded(field.getValue()));
                var action = page.uri().resolve(attributes(form.group(1)).getOrDefault("action", ""));
                return send(HttpRequest.newBuilder(action)
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .header("Origin", issuer)
                        .POST(BodyPublishers.ofString(body.collect(Collectors.joining("&")))));
            }
        }
        throw new AssertionError("no button on " + page.uri() + ": " + page.body());
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return http.send(request.build(), BodyHandlers.ofString());
    }

    private static Map<String, String> attributes(String text) {
        var found = new HashMap<String, String>();
        ATTRIBUTE.matcher(text).results().forEach(part -> found.put(part.group(1), part.group(2) == null ? "" : unescaped(part.group(2))));
        return found;
    }

    private static String unescaped(String text) {
        var characters = Pattern.compile("&#(\\d+);").matcher(text).replaceAll(part -> Character.toString(Integer.parseInt(part.group(1))));
        return characters.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
