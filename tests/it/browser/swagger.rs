//! Swagger UI, wherever it is served: its Authorize button and its *Try it out*.

use super::chromium::Chromium;

pub struct Swagger<'a> {
    browser: &'a Chromium,
}

impl<'a> Swagger<'a> {
    /// Opens the page and waits for its operations.
    pub async fn open(browser: &'a Chromium, url: &str) -> Self {
        browser.excuse("[DOM] Password field is not contained in a form");
        browser.open(url).await;
        browser.find(".opblock").await;
        Self { browser }
    }

    /// Authorizes by code: through a window of its own, in which the person does what `visit` says.
    pub async fn authorize_by_code(&self, visit: impl AsyncFnOnce(&Chromium)) {
        self.browser.click(".auth-wrapper .authorize").await;
        self.browser.click(".auth-container:has(#client_id_authorizationCode) button.authorize").await;
        self.browser.enter_pop_up().await;
        visit(self.browser).await;
        self.browser.leave_pop_up().await;
        self.leave_dialogue().await;
    }

    /// Authorizes by typing name and password, for a client without a secret, with all scopes that are offered.
    pub async fn authorize_by_password(&self, client: &str, username: &str, password: &str) {
        const FORM: &str = ".auth-container:has(#oauth_username)";
        self.browser.click(".auth-wrapper .authorize").await;
        self.browser.fill_in("username:", username).await;
        self.browser.fill_in("password:", password).await;
        let id = self.browser.find(&format!("{FORM} #client_id_password")).await;
        id.clear().await.unwrap();
        id.send_keys(client).await.unwrap();
        self.browser.click(&format!("{FORM} .scopes a")).await;
        self.browser.click(&format!("{FORM} button.authorize")).await;
        self.leave_dialogue().await;
    }

    /// Authorizes as a machine, by its id and secret, with the scopes that are chosen already.
    pub async fn authorize_as_machine(&self, client: &str, secret: &str) {
        self.browser.click(".auth-wrapper .authorize").await;
        for (field, text) in [("#client_id_clientCredentials", client), ("#client_secret_clientCredentials", secret)] {
            let field = self.browser.find(field).await;
            field.clear().await.unwrap();
            field.send_keys(text).await.unwrap();
        }
        self.browser.click(".auth-container:has(#client_id_clientCredentials) button.authorize").await;
        self.leave_dialogue().await;
    }

    /// Authorizes by an API key in its header.
    pub async fn authorize_by_key(&self, key: &str) {
        const FORM: &str = ".auth-container:has(#api_key_value)";
        self.browser.click(".auth-wrapper .authorize").await;
        self.browser.find(&format!("{FORM} #api_key_value")).await.send_keys(key).await.unwrap();
        self.browser.click(&format!("{FORM} button.authorize")).await;
        self.leave_dialogue().await;
    }

    /// Executes an operation, named by the end of its id, and returns the status that the page shows, beside the answer.
    pub async fn execute(&self, operation: &str) -> String {
        self.try_out(operation, None).await
    }

    /// The same, for an operation that takes one parameter.
    pub async fn execute_with(&self, operation: &str, parameter: &str) -> String {
        self.try_out(operation, Some(parameter)).await
    }

    async fn try_out(&self, operation: &str, parameter: Option<&str>) -> String {
        let block = format!(".opblock[id$='{operation}']");
        let has = async |part: &str| self.browser.script(&format!("return !!document.querySelector(\"{block} {part}\")")).await == true;
        if !has(".execute").await {
            self.browser.click(&format!("{block} .opblock-summary-control")).await;
            self.browser.click(&format!("{block} .try-out__btn")).await;
        }
        if let Some(parameter) = parameter {
            let field = self.browser.find(&format!("{block} .parameters input")).await;
            field.clear().await.unwrap();
            field.send_keys(parameter).await.unwrap();
        }
        if has(".btn-clear").await {
            self.browser.click(&format!("{block} .btn-clear")).await;
        }
        self.browser.click(&format!("{block} .execute")).await;
        let status = self.browser.find(&format!("{block} .live-responses-table tbody .response-col_status")).await;
        // Below it stands whether the document knows it.
        status.text().await.unwrap().lines().next().unwrap().to_owned()
    }

    async fn leave_dialogue(&self) {
        self.browser.sees("Logout").await;
        self.browser.press("Close").await;
    }
}
