//! Managing the attributes that people can have.

use serde_json::Value;

use crate::flow::manage::{ATTEMPTS, Expected, Page, PageRequest, Refused, Version, patched};
use crate::flow::{Failure, Server};
use crate::identity::attribute::Attribute;
use crate::store::{Applied, Insertion};

impl Server {
    /// All attributes, by name.
    pub async fn attributes(&self) -> Result<Vec<Attribute>, Failure> {
        Ok(self.store.attributes().list().await?)
    }

    /// The attributes that have this text in name or description, whatever its case; by name.
    pub async fn attribute_page(&self, text: &str, request: &PageRequest) -> Result<Page<Attribute>, Failure> {
        let text = text.to_lowercase();
        let wanted = |known: &Attribute| [&known.name, &known.description].iter().any(|own| own.to_lowercase().contains(&text));
        Ok(request.page_of(self.attributes().await?.into_iter().filter(wanted), |known| known.name.as_str()))
    }

    /// One attribute.
    pub async fn attribute(&self, name: &str) -> Result<Option<Attribute>, Failure> {
        Ok(self.store.attributes().find(name).await?)
    }

    /// Makes an attribute.
    pub async fn add_attribute(&self, new: Attribute) -> Result<Result<Attribute, Refused>, Failure> {
        let problems = new.problems();
        if !problems.is_empty() {
            return Ok(Err(Refused::Invalid(problems)));
        }
        let inserted = self.store.attributes().insert(&new).await?;
        self.cache.clear();
        Ok(match inserted {
            Insertion::Inserted => Ok(new),
            Insertion::AlreadyThere => Err(Refused::AlreadyThere(format!("attribute {}", new.name))),
        })
    }

    /// Changes an attribute by a merge patch (RFC 7396).
    pub async fn patch_attribute(&self, name: &str, expected: &Expected, patch: &Value) -> Result<Result<Attribute, Refused>, Failure> {
        self.change_attribute(name, expected, |known| patched(&known, patch)).await
    }

    /// Changes what an attribute is described as; people have values of its type.
    pub async fn change_attribute(
        &self,
        name: &str,
        expected: &Expected,
        change: impl Fn(Attribute) -> Result<Attribute, Refused> + Send,
    ) -> Result<Result<Attribute, Refused>, Failure> {
        for _ in 0..ATTEMPTS {
            let Some(before) = self.attribute(name).await? else { return Ok(Err(not_found(name))) };
            if !expected.admits(&Version::of(&before)) {
                return Ok(Err(Refused::Outdated));
            }
            let after = match change(before.clone()) {
                Ok(after) if after.name != before.name => return Ok(Err(Refused::field("name", "can't be changed"))),
                Ok(after) if after.kind != before.kind => {
                    return Ok(Err(Refused::field("type", "can't be changed; delete the attribute and make it anew")));
                }
                Ok(after) if after == before => return Ok(Ok(before)),
                Ok(after) => after,
                Err(refused) => return Ok(Err(refused)),
            };
            let problems = after.problems();
            if !problems.is_empty() {
                return Ok(Err(Refused::Invalid(problems)));
            }
            if self.store.attributes().describe(&before, &after.description).await? == Applied::Done {
                return Ok(Ok(after));
            }
        }
        Ok(Err(Refused::Outdated))
    }

    /// Deletes an attribute. What people have of it is in no token any more.
    pub async fn delete_attribute(&self, name: &str, expected: &Expected) -> Result<Result<(), Refused>, Failure> {
        for _ in 0..ATTEMPTS {
            let Some(before) = self.attribute(name).await? else { return Ok(Err(not_found(name))) };
            if !expected.admits(&Version::of(&before)) {
                return Ok(Err(Refused::Outdated));
            }
            let deleted = self.store.attributes().delete(&before).await?;
            self.cache.clear();
            if deleted == Applied::Done {
                return Ok(Ok(()));
            }
        }
        Ok(Err(Refused::Outdated))
    }
}

fn not_found(name: &str) -> Refused {
    Refused::not_found("attribute", name)
}
