// Starts Swagger UI. What depends on the server stands in the page, because the policy of the page lets no script stand there.
"use strict";
{
  const place = document.getElementById("swagger-ui");
  const { clientId, scopes, redirectUrl, root } = place.dataset;

  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const paint = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
  dark.addEventListener("change", paint);
  paint();

  // The dialog would show every way to a token twice: what `openId` finds by discovery is what `oauth2` says. People first, machines last.
  // And there is one server to choose from: this one, whose paths are shown whole.
  const arranged = ({ servers, ...api }) => {
    api.paths = Object.fromEntries(Object.entries(api.paths).map(([path, operations]) => [root + path, operations]));
    const { openId, clientBasic, ...others } = api.components.securitySchemes;
    api.components.securitySchemes = { ...others, clientBasic };
    // Forms are filled in field by field: with what their example has, and with nothing where it has nothing.
    for (const { example, properties } of Object.values(api.components.schemas)) {
      for (const [name, property] of Object.entries((example && properties) ?? {})) {
        if (property.type === "string") property.example ??= example[name] ?? "";
      }
    }
    for (const operation of Object.values(api.paths).flatMap((path) => Object.values(path))) {
      operation.security = operation.security?.filter((requirement) => !("openId" in requirement));
    }
    return api;
  };

  const ours = ({ React }) => ({
    statePlugins: {
      spec: { wrapActions: { updateJsonSpec: (update) => (api) => update(arranged(api)) } },
      auth: {
        wrapActions: {
          showDefinitions: (show) => (definitions) => {
            const shown = show(definitions);
            requestAnimationFrame(() => {
              // It opens at its beginning, not at whichever field took the focus last.
              document.querySelector(".dialog-ux input:not([type=checkbox])")?.focus();
              document.querySelector(".dialog-ux .close-modal")?.setAttribute("aria-label", "Close");
            });
            return shown;
          },
        },
      },
    },
    wrapComponents: {
      // A browser that knows a person's password must not take a client's secret for it.
      InitializedInput: (Input) => (props) =>
        React.createElement(Input, props.type === "password" ? { ...props, autoComplete: "new-password" } : props),
      // A field that is left empty is left out.
      ParameterIncludeEmpty: (Choice) => ({ isIncludedOptions, ...props }) =>
        React.createElement(Choice, { ...props, isIncludedOptions: { ...isIncludedOptions, defaultValue: false } }),
    },
  });

  const ui = SwaggerUIBundle({
    domNode: place,
    url: `${root}/openapi.json`,
    plugins: [ours],
    defaultModelsExpandDepth: 0,
    oauth2RedirectUrl: redirectUrl,
    persistAuthorization: false,
    // Nobody else is told of this document.
    validatorUrl: null,
    // Machines have no cookies: a call from here is answered as it would be anywhere else.
    requestInterceptor: (request) => Object.assign(request, { credentials: "omit" }),
  });
  ui.initOAuth({ clientId, scopes, usePkceWithAuthorizationCodeGrant: true });
}
