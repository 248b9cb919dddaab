//! Providers of identity: who else vouches for colleagues.

use serde::{Deserialize, Serialize};

use crate::named::named;
use crate::{Millis, ProviderId, Role};

named! {
    /// When a provider's word counts for the second step as well.
    ProviderStep {
        /// Never: we ask for it ourselves.
        Own = "own",
        /// When the provider says of this sign-in that it took several factors (`amr` with `mfa`, RFC 8176); else we ask.
        Claimed = "claimed",
        /// Always: the provider sees to it.
        Always = "always",
    }
}

/// A group of a provider, and the role that it gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"group": "support", "role": "agent"}))]
pub struct GroupRole {
    /// The group as the provider names it.
    pub group: String,
    /// The role; never `owner`.
    pub role: Role,
}

/// A provider of identity without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Provider {
    /// Its id.
    pub id: ProviderId,
    /// What the button says.
    pub name: String,
    /// Its issuer: the address under which it describes itself, letter for letter.
    pub issuer: String,
    /// What it calls us.
    pub client_id: String,
    /// Whether there is a secret that we show it.
    pub has_secret: bool,
    /// Whether anybody can sign in through it.
    pub enabled: bool,
    /// What we ask for beside `openid`.
    pub scopes: Vec<String>,
    /// Whether people that it knows and we do not are given an account.
    pub creates_accounts: bool,
    /// Whether an address that it has verified finds the account with that address; an owner's never.
    pub links_by_email: bool,
    /// Whether its addresses count as verified where it does not say.
    pub vouches_for_emails: bool,
    /// When its word counts for the second step as well.
    pub second_step: ProviderStep,
    /// The claim with somebody's groups.
    pub group_claim: String,
    /// The role that each group gives; the first that fits counts, at every sign-in. Empty: groups say nothing.
    pub group_roles: Vec<GroupRole>,
    /// The role where no group gives one; `null`: whoever has no such group does not get in, and without groups an
    /// account keeps its role.
    pub default_role: Option<Role>,
    /// When it was set up.
    pub created_at: Millis,
    /// The authentication contexts that we ask for, the preferred first; its word has to name one of them. Empty: any.
    pub acr_values: Vec<String>,
    /// For how many minutes what somebody showed it counts; `null`: for as long as it likes.
    pub max_age: Option<i64>,
}

/// What a provider says of the role of somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoleSaid {
    /// Nothing: an account keeps what it has.
    Nothing,
    /// This one.
    Role(Role),
    /// That there is none: whoever it is does not get in.
    None,
}

impl Provider {
    /// What the groups of somebody give.
    pub fn role_of(&self, groups: &[String]) -> RoleSaid {
        if self.group_roles.is_empty() {
            return RoleSaid::Nothing;
        }
        let given = self.group_roles.iter().find(|one| groups.contains(&one.group)).map(|one| one.role);
        given.or(self.default_role).map_or(RoleSaid::None, RoleSaid::Role)
    }

    /// Every role that it may give.
    pub fn roles(&self) -> impl Iterator<Item = Role> {
        self.group_roles.iter().map(|one| one.role).chain(self.default_role)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn provider(group_roles: &[(&str, Role)], default_role: Option<Role>) -> Provider {
        let rule = |(group, role): &(&str, Role)| GroupRole { group: (*group).to_owned(), role: *role };
        Provider {
            id: ProviderId(1),
            name: "Company".into(),
            issuer: "https://id.example.com".into(),
            client_id: "desk".into(),
            has_secret: true,
            enabled: true,
            scopes: Vec::new(),
            creates_accounts: true,
            links_by_email: false,
            vouches_for_emails: false,
            second_step: ProviderStep::Own,
            group_claim: "groups".into(),
            group_roles: group_roles.iter().map(rule).collect(),
            default_role,
            created_at: Millis(1),
            acr_values: Vec::new(),
            max_age: None,
        }
    }

    #[test]
    fn the_first_group_that_fits_gives_the_role() {
        let groups = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let rules = [("leads", Role::Lead), ("support", Role::Agent)];
        let strict = provider(&rules, None);
        assert_eq!(strict.role_of(&groups(&["support", "leads"])), RoleSaid::Role(Role::Lead));
        assert_eq!(strict.role_of(&groups(&["support"])), RoleSaid::Role(Role::Agent));
        assert_eq!(strict.role_of(&groups(&["Support", "others"])), RoleSaid::None);
        assert_eq!(strict.role_of(&[]), RoleSaid::None);
        let lenient = provider(&rules, Some(Role::LightAgent));
        assert_eq!(lenient.role_of(&[]), RoleSaid::Role(Role::LightAgent));
        let silent = provider(&[], Some(Role::Agent));
        assert_eq!(silent.role_of(&groups(&["leads"])), RoleSaid::Nothing);
    }
}
