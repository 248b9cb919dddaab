//! Roles: what somebody may do, whose conversations they see, and what of a person is hidden from them.

use std::borrow::Cow;
use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::named::named;
use crate::{Mask, Millis, Permission, RoleId};

/// An agent's role: one that every workspace has, or one that it made for itself. Written as the name of the one
/// and the id of the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// May do everything; the first agent of a workspace.
    Owner,
    /// May do everything but manage owners.
    Admin,
    /// Serves customers and leads others who do.
    Lead,
    /// Serves customers.
    Agent,
    /// Helps with notes in what its teams have, and writes to no customer.
    LightAgent,
    /// Sees how the work goes and not with whom.
    Analyst,
    /// Sees to it that people's data are kept as the law wants.
    PrivacyOfficer,
    /// One that the workspace made.
    Custom(RoleId),
}

impl Role {
    /// The roles that every workspace has.
    pub const BUILT_IN: [Self; 7] = [
        Self::Owner,
        Self::Admin,
        Self::Lead,
        Self::Agent,
        Self::LightAgent,
        Self::Analyst,
        Self::PrivacyOfficer,
    ];

    /// The role's name as stored and shown in the API.
    pub fn name(self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Lead => "lead",
            Self::Agent => "agent",
            Self::LightAgent => "light_agent",
            Self::Analyst => "analyst",
            Self::PrivacyOfficer => "privacy_officer",
            Self::Custom(id) => return Cow::Owned(id.to_string()),
        })
    }

    /// The role of that name.
    pub fn parse(name: &str) -> Option<Self> {
        let built_in = Self::BUILT_IN.into_iter().find(|role| role.name() == name);
        built_in.or_else(|| name.parse().ok().map(Self::Custom))
    }

    /// What a built-in role holds; `None` for one that the workspace made, which the store knows.
    pub fn rights(self) -> Option<Rights> {
        use Permission as P;
        let (permissions, scope, masks): (&[Permission], Scope, &[Mask]) = match self {
            Self::Owner | Self::Admin => (&P::ALL, Scope::All, &[]),
            Self::Lead => (
                &[
                    P::ConversationRead,
                    P::ConversationReply,
                    P::ConversationNote,
                    P::ConversationAssign,
                    P::ContactRead,
                    P::ContactWrite,
                    P::InboxRead,
                    P::AgentRead,
                    P::LabelManage,
                    P::QuickReplyManage,
                    P::TeamManage,
                    P::Operate,
                    P::SensitiveReveal,
                    P::KnowledgeRead,
                ],
                Scope::All,
                &[],
            ),
            Self::Agent => (
                &[
                    P::ConversationRead,
                    P::ConversationReply,
                    P::ConversationNote,
                    P::ConversationAssign,
                    P::ContactRead,
                    P::ContactWrite,
                    P::InboxRead,
                    P::AgentRead,
                    P::KnowledgeRead,
                ],
                Scope::All,
                &[],
            ),
            Self::LightAgent => (
                &[
                    P::ConversationRead,
                    P::ConversationNote,
                    P::ContactRead,
                    P::InboxRead,
                    P::AgentRead,
                    P::KnowledgeRead,
                ],
                Scope::Team,
                &[Mask::Phone, Mask::Email, Mask::Address],
            ),
            Self::Analyst => (
                &[P::ConversationRead, P::ContactRead, P::InboxRead, P::AgentRead, P::KnowledgeRead],
                Scope::All,
                &Mask::ALL,
            ),
            Self::PrivacyOfficer => (
                &[
                    P::ConversationRead,
                    P::ContactRead,
                    P::InboxRead,
                    P::AgentRead,
                    P::AuditRead,
                    P::PersonExport,
                    P::PrivacyManage,
                    P::SensitiveReveal,
                    P::SensitiveManage,
                ],
                Scope::All,
                &[],
            ),
            Self::Custom(_) => return None,
        };
        Some(Rights { permissions: permissions.to_vec(), scope, masks: masks.to_vec() })
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

impl Serialize for Role {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.name())
    }
}

impl<'de> Deserialize<'de> for Role {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&name).ok_or_else(|| D::Error::custom("expected the name of a role, or a role's id"))
    }
}

impl utoipa::PartialSchema for Role {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some(
                "A role: `owner`, `admin`, `lead`, `agent`, `light_agent`, `analyst`, `privacy_officer`, or the id of a \
                 role that the workspace made.",
            ))
            .examples(["agent", "ro_0f5s3v9k2m0a1"])
            .build()
            .into()
    }
}

impl utoipa::ToSchema for Role {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Role")
    }
}

named! {
    /// Whose conversations somebody sees, from the narrowest to the widest.
    Scope {
        /// Those that were given to them.
        Own = "own",
        /// Their own, and those that were given to a team of theirs.
        Team = "team",
        /// Those, and all of the inboxes that a team of theirs serves.
        Inbox = "inbox",
        /// All.
        All = "all",
    }
}

impl Scope {
    /// Whether it shows all that another one shows.
    pub fn covers(self, other: Self) -> bool {
        self >= other
    }
}

/// What a role holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rights {
    /// What it may do.
    pub permissions: Vec<Permission>,
    /// Whose conversations it sees.
    pub scope: Scope,
    /// What of a person is hidden from it.
    pub masks: Vec<Mask>,
}

impl Rights {
    /// No rights at all: those of a role that is not there.
    pub fn none() -> Self {
        Self { permissions: Vec::new(), scope: Scope::Own, masks: Mask::ALL.to_vec() }
    }

    /// Whether it includes a permission.
    pub fn may(&self, permission: Permission) -> bool {
        self.permissions.contains(&permission)
    }

    /// Whether whoever holds these lets others have those: nobody hands on what they do not have.
    pub fn covers(&self, other: &Self) -> bool {
        other.permissions.iter().all(|one| self.may(*one))
            && self.scope.covers(other.scope)
            && self.masks.iter().all(|mask| other.masks.contains(mask))
    }
}

/// A role that a workspace made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomRole {
    /// Its id.
    pub id: RoleId,
    /// What people call it.
    pub name: String,
    /// What it holds.
    pub rights: Rights,
    /// When it was made.
    pub created_at: Millis,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_comes_back_as_its_role() {
        for role in Role::BUILT_IN.into_iter().chain([Role::Custom(RoleId(7))]) {
            assert_eq!(Role::parse(&role.name()), Some(role));
            let json = serde_json::to_string(&role).expect("text");
            assert_eq!(serde_json::from_str::<Role>(&json).expect("a role"), role);
        }
        assert_eq!(Role::parse("king"), None);
        assert!(serde_json::from_str::<Role>("\"ag_0000000000007\"").is_err());
    }

    #[test]
    fn who_covers_whom() {
        let rights = |role: Role| role.rights().expect("built in");
        let (owner, lead, light) = (rights(Role::Owner), rights(Role::Lead), rights(Role::LightAgent));
        assert!(owner.covers(&lead) && lead.covers(&light) && owner.covers(&Rights::none()));
        assert!(!lead.covers(&owner) && !light.covers(&lead));
        let unmasked = Rights { masks: vec![], ..light.clone() };
        assert!(!light.covers(&unmasked), "nobody unmasks what is hidden from them");
        let wider = Rights { scope: Scope::Inbox, ..light.clone() };
        assert!(!light.covers(&wider) && wider.covers(&light));
        assert!(rights(Role::Analyst).permissions.iter().all(|one| one.as_str().ends_with(".read")));
    }
}
