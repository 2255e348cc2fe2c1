//! Managing groups of people.

use serde_json::Value;

use crate::flow::manage::{ATTEMPTS, Expected, Page, PageRequest, Reach, Refused, Version, patched};
use crate::flow::{Failure, Server};
use crate::identity::group::Group;
use crate::store::{Applied, Insertion};

impl Server {
    /// All groups, by name.
    pub async fn groups(&self) -> Result<Vec<Group>, Failure> {
        Ok(self.store.groups().list().await?)
    }

    /// The groups that have this text in name or description, whatever its case; by name.
    pub async fn group_page(&self, text: &str, request: &PageRequest) -> Result<Page<Group>, Failure> {
        let text = text.to_lowercase();
        let wanted = |group: &Group| [&group.name, &group.description].iter().any(|own| own.to_lowercase().contains(&text));
        Ok(request.page_of(self.groups().await?.into_iter().filter(wanted), |group| group.name.as_str()))
    }

    /// One group.
    pub async fn group(&self, name: &str) -> Result<Option<Group>, Failure> {
        Ok(self.store.groups().find(name).await?)
    }

    /// Makes a group.
    pub async fn add_group(&self, reach: Reach<'_>, group: Group) -> Result<Result<Group, Refused>, Failure> {
        let problems = group.problems();
        if !problems.is_empty() {
            return Ok(Err(Refused::Invalid(problems)));
        }
        if let Err(beyond) = reach.person(&group.roles) {
            return Ok(Err(beyond));
        }
        Ok(match self.store.groups().insert(&group).await? {
            Insertion::Inserted => Ok(group),
            Insertion::AlreadyThere => Err(Refused::AlreadyThere(format!("group {}", group.name))),
        })
    }

    /// Changes a group by a merge patch (RFC 7396).
    pub async fn patch_group(
        &self,
        reach: Reach<'_>,
        name: &str,
        expected: &Expected,
        patch: &Value,
    ) -> Result<Result<Group, Refused>, Failure> {
        self.change_group(reach, name, expected, |group| patched(&group, patch)).await
    }

    /// Changes a group. Everybody in it has its roles, and no longer those that it lost: in tokens from the next refresh on.
    pub async fn change_group(
        &self,
        reach: Reach<'_>,
        name: &str,
        expected: &Expected,
        change: impl Fn(Group) -> Result<Group, Refused> + Send,
    ) -> Result<Result<Group, Refused>, Failure> {
        for _ in 0..ATTEMPTS {
            let before = match self.group_to_change(reach, name, expected).await? {
                Ok(before) => before,
                Err(refused) => return Ok(Err(refused)),
            };
            let after = match change(before.clone()) {
                Ok(after) if after.name != before.name => return Ok(Err(Refused::field("name", "can't be changed"))),
                Ok(after) if after == before => return Ok(Ok(before)),
                Ok(after) => after,
                Err(refused) => return Ok(Err(refused)),
            };
            let problems = after.problems();
            if !problems.is_empty() {
                return Ok(Err(Refused::Invalid(problems)));
            }
            if let Err(beyond) = reach.person(&after.roles) {
                return Ok(Err(beyond));
            }
            if self.store.groups().replace(&before, &after).await? == Applied::Done {
                return Ok(Ok(after));
            }
        }
        Ok(Err(Refused::Outdated))
    }

    /// Deletes a group. Nobody is in it any more, or has what it gave.
    pub async fn delete_group(&self, reach: Reach<'_>, name: &str, expected: &Expected) -> Result<Result<(), Refused>, Failure> {
        for _ in 0..ATTEMPTS {
            let before = match self.group_to_change(reach, name, expected).await? {
                Ok(before) => before,
                Err(refused) => return Ok(Err(refused)),
            };
            if self.store.groups().delete(&before).await? == Applied::Done {
                return Ok(Ok(()));
            }
        }
        Ok(Err(Refused::Outdated))
    }

    /// A group that is as whoever changes it saw it, and within their reach.
    async fn group_to_change(&self, reach: Reach<'_>, name: &str, expected: &Expected) -> Result<Result<Group, Refused>, Failure> {
        let Some(group) = self.store.groups().find(name).await? else { return Ok(Err(Refused::not_found("group", name))) };
        if !expected.admits(&Version::of(&group)) {
            return Ok(Err(Refused::Outdated));
        }
        Ok(reach.person(&group.roles).map(|()| group))
    }
}
