//! Making one change, if what it changes is still as it was when it was compared.

use serde::Serialize;

use crate::flow::apply::step::{Secret, Step};
use crate::flow::manage::clients::{ClientView, rotated};
use crate::flow::manage::providers::ProviderView;
use crate::flow::manage::users::UserView;
use crate::flow::manage::{Expected, Reach, Refused, Version};
use crate::flow::{Failure, Server};
use crate::protocol::client::Client;
use crate::protocol::token::Token;

impl Server {
    /// Makes a change, and gives the secret that was generated for it.
    pub(super) async fn carry_out(&self, step: &Step) -> Result<Result<Option<Token>, Refused>, Failure> {
        let done = match step {
            Step::AddAttribute(new) => self.add_attribute(new.clone()).await?.map(drop),
            Step::ChangeAttribute { before, after } => {
                self.change_attribute(&before.name, &still(before), |_| Ok(after.clone())).await?.map(drop)
            }
            Step::DeleteAttribute(gone) => self.delete_attribute(&gone.name, &still(gone)).await?,
            Step::AddGroup(new) => self.add_group(Reach::Everything, new.clone()).await?.map(drop),
            Step::ChangeGroup { before, after } => {
                self.change_group(Reach::Everything, &before.name, &still(before), |_| Ok(after.clone())).await?.map(drop)
            }
            Step::DeleteGroup(gone) => self.delete_group(Reach::Everything, &gone.name, &still(gone)).await?,
            Step::AddClient(client, secret) => {
                let given = if let Secret::Given(given) = secret { Some(given.clone()) } else { None };
                return Ok(self.add_client((**client).clone(), given).await?.map(|added| added.secret));
            }
            Step::ChangeClient { before, after, secret } => return self.change_client_and_secret(before, after, secret).await,
            Step::DeleteClient(client) => self.delete_client(Reach::Everything, &client.id, &still(&ClientView::of(client))).await?,
            Step::AddApi(api) => self.add_api(api.clone()).await?.map(drop),
            Step::ChangeApi { before, after } => {
                self.change_api(&before.identifier, &still(before), |_| Ok(after.clone())).await?.map(drop)
            }
            Step::DeleteApi(api) => self.delete_api(&api.identifier, &still(api)).await?,
            Step::AddUser(account, password) => self.add_user(Reach::Everything, (**account).clone(), password.clone()).await?.map(drop),
            Step::ChangeUser { before, after, password } => {
                let expected = still(&UserView::of(before));
                let change = |_| Ok((**after).clone());
                self.change_user(Reach::Everything, &before.subject, &expected, password.clone(), change).await?.map(drop)
            }
            Step::DeleteUser(user) => self.delete_user(Reach::Everything, &user.subject, &still(&UserView::of(user))).await?,
            Step::AddProvider(provider, secret) => self.add_provider(Reach::Everything, (**provider).clone(), secret).await?.map(drop),
            Step::ChangeProvider { before, after, secret } => {
                let expected = still(&ProviderView::of(before));
                let after = |_| Ok((**after).clone());
                self.change_provider(Reach::Everything, &before.provider.name, &expected, secret.as_ref(), after).await?.map(drop)
            }
            Step::DeleteProvider(stored) => {
                self.delete_provider(Reach::Everything, &stored.provider.name, &still(&ProviderView::of(stored))).await?
            }
        };
        Ok(done.map(|()| None))
    }

    async fn change_client_and_secret(
        &self,
        before: &Client,
        after: &Client,
        secret: &Secret,
    ) -> Result<Result<Option<Token>, Refused>, Failure> {
        let (generated, kept) = match secret {
            Secret::Keep | Secret::Withdrawn => (None, None),
            Secret::Given(given) => (None, Some(given.clone())),
            Secret::Generated => {
                let (generated, kept) = self.given_or_generated(None);
                (generated, Some(kept))
            }
        };
        let mut after = after.clone();
        if let Some(kept) = kept {
            after.secrets = rotated(&before.secrets, self.newer_secret(&after, &kept)?);
        } else if *secret == Secret::Withdrawn {
            after.secrets.clear();
        }
        Ok(self.replace_client(before, after).await?.map(|_| generated))
    }
}

/// What a change is meant for: the thing as it was when it was compared.
fn still(shown: &impl Serialize) -> Expected {
    Expected::OneOf(vec![Version::of(shown).as_str().to_owned()])
}
