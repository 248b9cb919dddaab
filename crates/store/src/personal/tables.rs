//! The list itself: a table for each of the schema, in the order of the migrations.

use super::{Class, Column, Erase, Export, Owner, Seal, Table};

const fn customers(name: &'static str, class: Class, export: Export, erase: Erase, seal: Seal) -> Column {
    Column { name, class, owner: Owner::Customer, export, erase, seal }
}

const fn colleagues(name: &'static str, class: Class, seal: Seal) -> Column {
    let export = Export::Not("a colleague's, not a customer's");
    let erase = Erase::Stays("a colleague's account is changed by administrators");
    Column { name, class, owner: Owner::Colleague, export, erase, seal }
}

const INDEX: Export = Export::Not("keyed hashes of what is exported elsewhere");
const RAW: Export = Export::Not("the same in the form that the provider sent, perhaps together with others'");
const TRANSIT: Export = Export::Not("the same on its way out; the message is exported");
const SIGN_IN: Seal = Seal::Plain("needed to find an account before its workspace is known");
const WORDS: Seal = Seal::Plain("the workspace's own words");

/// Every table.
pub static TABLES: &[Table] = &[
    Table {
        name: "workspace",
        plain:
            "id name created_at event_seq audit_seq audit_hash second_step_required providers_only consent_seq consent_hash
            erasure_seq erasure_hash
            knowledge_revision",
        personal: &[],
    },
    Table { name: "setup_token", plain: "hash created_at used_at", personal: &[] },
    Table {
        name: "agent",
        plain: "id workspace_id role locale disabled created_at",
        personal: &[
            colleagues("name", Class::Name, WORDS),
            colleagues("email", Class::Address, SIGN_IN),
            colleagues("password_hash", Class::Credential, Seal::Hashed),
        ],
    },
    Table {
        name: "session",
        plain: "id workspace_id agent_id token_hash previous_hash rotated_at created_at seen_at expires_at
            two_steps proved_at viewing_as provider_id provider_sid",
        personal: &[
            colleagues("user_agent", Class::Record, SIGN_IN),
            colleagues("address", Class::Address, SIGN_IN),
        ],
    },
    Table {
        name: "inbox",
        plain: "id workspace_id kind name hook_key address_key address config verify_token health created_at
            removed_at sealed",
        personal: &[],
    },
    Table { name: "inbox_secret", plain: "inbox_id workspace_id name value sealed", personal: &[] },
    Table {
        name: "contact",
        plain: "id workspace_id named_by_agent created_at merged_into key_id",
        personal: &[
            customers("name", Class::Name, Export::In("name"), Erase::Row, Seal::Formerly),
            customers("sealed", Class::Name, Export::In("name"), Erase::Row, Seal::Person),
            customers("name_key", Class::Name, INDEX, Erase::Row, Seal::Hashed),
        ],
    },
    Table {
        name: "identity",
        plain: "id workspace_id inbox_id contact_id blocked last_inbound_at created_at",
        personal: &[
            customers(
                "user_id",
                Class::Address,
                Export::In("identities.user_id"),
                Erase::Row,
                Seal::Formerly,
            ),
            customers("phone", Class::Address, Export::In("identities.phone"), Erase::Row, Seal::Formerly),
            customers(
                "username",
                Class::Address,
                Export::In("identities.username"),
                Erase::Row,
                Seal::Formerly,
            ),
            customers(
                "profile_name",
                Class::Name,
                Export::In("identities.profile_name"),
                Erase::Row,
                Seal::Formerly,
            ),
            customers("sealed", Class::Address, Export::In("identities"), Erase::Row, Seal::Person),
            customers("search_key", Class::Address, INDEX, Erase::Row, Seal::Hashed),
            customers("user_index", Class::Address, INDEX, Erase::Row, Seal::Hashed),
            customers("phone_index", Class::Address, INDEX, Erase::Row, Seal::Hashed),
        ],
    },
    Table {
        name: "conversation",
        plain:
            "id workspace_id inbox_id identity_id contact_id state turn assignee_id team_id snoozed_until created_at
            updated_at last_message_id last_message_direction last_message_kind last_message_at
            last_message_status unread last_inbound_at waiting_since",
        personal: &[
            customers(
                "last_message_preview",
                Class::Content,
                Export::In("conversations.messages"),
                Erase::Row,
                Seal::Formerly,
            ),
            customers(
                "last_message_sealed",
                Class::Content,
                Export::In("conversations.messages"),
                Erase::Row,
                Seal::Person,
            ),
        ],
    },
    Table { name: "label", plain: "id workspace_id name name_key color created_at", personal: &[] },
    Table { name: "conversation_label", plain: "conversation_id label_id workspace_id", personal: &[] },
    Table {
        name: "quick_reply",
        plain: "id workspace_id shortcut shortcut_key body updated_at",
        personal: &[],
    },
    Table {
        name: "inbound",
        plain: "id workspace_id inbox_id received_at dedupe size",
        personal: &[customers("body", Class::Content, RAW, Erase::Emptied, Seal::Person)],
    },
    Table { name: "inbound_queue", plain: "id workspace_id inbox_id attempts next_at", personal: &[] },
    Table {
        name: "inbound_parked",
        plain: "id workspace_id inbox_id parked_at reason attempts sealed",
        personal: &[],
    },
    Table { name: "lane", plain: "inbox_id workspace_id lease_until fence claimed_at owes", personal: &[] },
    Table {
        name: "message",
        plain:
            "id workspace_id conversation_id inbox_id direction kind author_kind author_agent_id provider_id
            client_id reply_to_id reply_to_provider_id forwarded at created_at status queued_at accepted_at
            sent_at delivered_at read_at played_at failed_at failure edited_at revoked_at inbound_id purpose",
        personal: &[
            customers(
                "text",
                Class::Content,
                Export::In("conversations.messages"),
                Erase::Row,
                Seal::Formerly,
            ),
            customers(
                "content",
                Class::Content,
                Export::In("conversations.messages"),
                Erase::Row,
                Seal::Formerly,
            ),
            customers(
                "sealed",
                Class::Content,
                Export::In("conversations.messages"),
                Erase::Row,
                Seal::Person,
            ),
        ],
    },
    Table {
        name: "reaction",
        plain: "message_id side workspace_id agent_id at",
        personal: &[customers(
            "emoji",
            Class::Content,
            Export::In("conversations.messages.reactions"),
            Erase::Row,
            Seal::Plain("a single sign, counted by lists"),
        )],
    },
    Table {
        name: "media",
        plain: "id workspace_id message_id state kind mime size width height duration_ms voice animated
            storage_key thumbnail_key failure created_at created_by",
        personal: &[
            customers(
                "name",
                Class::Content,
                Export::In("conversations.messages.content.media"),
                Erase::Row,
                Seal::Formerly,
            ),
            customers(
                "waveform",
                Class::Content,
                Export::In("conversations.messages.content.media"),
                Erase::Row,
                Seal::Formerly,
            ),
            customers(
                "source",
                Class::Record,
                Export::Not("where the provider has the file; the file itself is exported"),
                Erase::Row,
                Seal::Formerly,
            ),
            customers(
                "sealed",
                Class::Content,
                Export::In("conversations.messages.content.media"),
                Erase::Row,
                Seal::Person,
            ),
        ],
    },
    Table {
        name: "outbound",
        plain:
            "id workspace_id message_id inbox_id conversation_id identity_id kind send_state state attempts
            next_at lease_until fence created_at deadline",
        personal: &[
            customers("intent", Class::Content, TRANSIT, Erase::Row, Seal::Formerly),
            customers("sealed", Class::Content, TRANSIT, Erase::Row, Seal::Person),
        ],
    },
    Table { name: "early_report", plain: "workspace_id inbox_id provider_id report at", personal: &[] },
    Table {
        name: "job",
        plain: "id workspace_id kind payload run_at attempts lease_until fence sealed",
        personal: &[],
    },
    Table {
        name: "event",
        plain: "workspace_id seq kind subject conversation_id deleted at was_assignee_id was_team_id",
        personal: &[],
    },
    Table { name: "alarm", plain: "id workspace_id kind inbox_id raised_at cleared_at", personal: &[] },
    Table {
        name: "gap",
        plain: "inbound_id workspace_id inbox_id noticed_at reason detail replayed_at sealed",
        personal: &[],
    },
    Table { name: "audit", plain: "id upto lease_until fence", personal: &[] },
    Table { name: "node", plain: "number instance lease_until started_at name roles version", personal: &[] },
    Table { name: "send_lane", plain: "inbox_id workspace_id lease_until fence silent_until", personal: &[] },
    Table { name: "search_progress", plain: "workspace_id seq older", personal: &[] },
    Table {
        name: "audit_entry",
        plain: "workspace_id seq at actor_kind actor seen_as act subject conversation_id contact_id reason
            detail times hash",
        personal: &[
            colleagues("address", Class::Address, Seal::Plain("part of the chain, which outlives keys")),
            colleagues("device", Class::Record, Seal::Plain("part of the chain, which outlives keys")),
        ],
    },
    Table { name: "audit_volume", plain: "workspace_id actor day listed opened taken_out refused", personal: &[] },
    Table {
        name: "api_token",
        plain: "id workspace_id agent_id name hash permissions networks created_at expires_at used_at",
        personal: &[colleagues("used_from", Class::Address, SIGN_IN)],
    },
    Table {
        name: "one_time_code",
        plain: "workspace_id agent_id confirmed_at last_step",
        personal: &[colleagues("secret", Class::Credential, Seal::Workspace)],
    },
    Table {
        name: "recovery_code",
        plain: "workspace_id agent_id",
        personal: &[colleagues("hash", Class::Credential, Seal::Hashed)],
    },
    Table {
        name: "ceremony",
        plain: "hash workspace_id agent_id kind state tries_left expires_at",
        personal: &[],
    },
    Table { name: "link", plain: "hash workspace_id agent_id kind expires_at", personal: &[] },
    Table { name: "known_browser", plain: "hash workspace_id agent_id seen_at", personal: &[] },
    Table { name: "attempt", plain: "key recovered_at", personal: &[] },
    Table {
        name: "provider",
        plain: "id workspace_id name issuer client_id client_secret enabled scopes creates_accounts links_by_email
            vouches_for_emails second_step group_claim group_roles default_role created_at acr_values max_age",
        personal: &[],
    },
    Table {
        name: "passkey",
        plain: "id workspace_id agent_id created_at used_at",
        personal: &[
            colleagues("credential", Class::Credential, Seal::Plain("a name that the device made; it opens nothing")),
            colleagues("name", Class::Name, WORDS),
            // What a browser sent when it was made, which repeats the credential's name.
            colleagues("public_key", Class::Credential, Seal::Plain("with a public key one can only verify")),
        ],
    },
    Table {
        name: "provider_account",
        plain: "workspace_id provider_id agent_id linked_at",
        personal: &[colleagues("subject", Class::Address, SIGN_IN)],
    },
    Table { name: "sealing", plain: "name upto done", personal: &[] },
    Table {
        name: "category",
        plain: "id workspace_id name name_key position",
        personal: &[],
    },
    Table {
        name: "article",
        plain: "id workspace_id kind state audience locale title body questions category_id translation_of owner_id
            review_at source source_hash taken_at version published_version helpful unhelpful created_at updated_at
            removed_at revision source_id",
        personal: &[],
    },
    Table {
        name: "knowledge_source",
        plain: "id workspace_id kind name name_key addresses choice every next_at taken_at created_at",
        personal: &[],
    },
    Table {
        name: "knowledge_import",
        plain: "id workspace_id source_id state by_clock file file_hash file_columns problem counts agent_id
            created_at updated_at",
        personal: &[],
    },
    Table {
        name: "knowledge_import_item",
        plain: "workspace_id import_id place verdict applied source kind locale category title body questions hash
            article_id problem etag modified",
        personal: &[],
    },
    Table {
        name: "knowledge_page",
        plain: "workspace_id source_id address etag modified",
        personal: &[],
    },
    Table {
        name: "article_version",
        plain: "workspace_id article_id version title body questions author_id at",
        personal: &[],
    },
    Table { name: "synonym", plain: "id workspace_id locale words", personal: &[] },
    Table {
        name: "help_centre",
        plain: "workspace_id enabled slug title intro color locales",
        personal: &[],
    },
    Table {
        name: "consent",
        plain: "workspace_id seq contact_id purpose given text_version way message_id agent_id at expires_at
            hash",
        personal: &[customers(
            "sealed",
            Class::Record,
            Export::In("consents.evidence"),
            Erase::Key,
            Seal::Person,
        )],
    },
    Table {
        name: "erasure",
        plain: "id workspace_id contact_id why agent_id begun_at finished_at rest counts seq hash signature",
        personal: &[],
    },
    Table {
        name: "hold",
        plain: "id workspace_id contact_id placed_by placed_at lifted_by lifted_at",
        personal: &[customers(
            "sealed",
            Class::Record,
            Export::In("holds.reason"),
            Erase::Stays("why data had to be kept is itself to be proved"),
            Seal::Workspace,
        )],
    },
    Table {
        name: "retention",
        plain: "id workspace_id inbox_id class purpose days changed_at",
        personal: &[],
    },
    Table {
        name: "retention_run",
        plain: "workspace_id day began_at lease_until finished_at removed",
        personal: &[],
    },
    Table { name: "notice", plain: "workspace_id inbox_id language version text changed_at", personal: &[] },
    Table {
        name: "notice_sent",
        plain: "workspace_id inbox_id contact_id language version at",
        personal: &[],
    },
    Table { name: "breach", plain: "id workspace_id noticed_at created_by changed_at sealed", personal: &[] },
    Table { name: "privacy_setting", plain: "workspace_id name value", personal: &[] },
    Table {
        name: "role",
        plain: "id workspace_id name name_key permissions scope masks created_at",
        personal: &[],
    },
    Table { name: "team", plain: "id workspace_id name name_key created_at", personal: &[] },
    Table { name: "team_member", plain: "workspace_id team_id agent_id", personal: &[] },
    Table { name: "team_inbox", plain: "workspace_id team_id inbox_id", personal: &[] },
    Table { name: "migration", plain: "id name text applied_at", personal: &[] },
    Table { name: "inbox_bot", plain: "workspace_id inbox_id enabled threshold shadow changed_at times", personal: &[] },
    Table { name: "workspace_hours", plain: "workspace_id zone week closed changed_at", personal: &[] },
    Table { name: "inbox_hours", plain: "workspace_id inbox_id zone week closed changed_at", personal: &[] },
    Table {
        name: "conversation_bot",
        plain: "workspace_id conversation_id disclosed spoken offered",
        personal: &[],
    },
    Table {
        name: "suggestion",
        plain: "workspace_id message_id kind source_id agent_id used helpful at",
        personal: &[],
    },
    Table {
        name: "suggestion_count",
        plain: "workspace_id article_id unchanged edited dismissed helpful unhelpful",
        personal: &[],
    },
    Table {
        name: "unanswered",
        plain: "workspace_id message_id answer_id locale by_bot topic_id dismissed at",
        personal: &[],
    },
    Table {
        name: "language_model",
        plain: "workspace_id address model api_key answers assists cross_border tokens_a_day tokens_a_contact abilities
            checked_at",
        personal: &[],
    },
    Table { name: "bot_answer", plain: "workspace_id message_id asked_id kind source_id place", personal: &[] },
    Table {
        name: "verdict",
        plain: "workspace_id asked_id kind source_id agent_id place good noted accepted at",
        personal: &[],
    },
    Table {
        name: "embedding_model",
        plain: "workspace_id address model api_key cross_border tokens_a_day dimension checked_at used_day used_tokens",
        personal: &[],
    },
    // Numbers alone, of today and yesterday.
    Table { name: "language_model_use", plain: "workspace_id day spender tokens", personal: &[] },
    // Numbers alone: the subject of a word is a keyed hash, and what was said but once or twice is not kept.
    Table { name: "topic_count", plain: "workspace_id kind subject hour count", personal: &[] },
    Table {
        name: "topic_progress",
        plain: "workspace_id message_id looked_id accepted_at moved_at drift",
        personal: &[],
    },
    Table {
        name: "surge",
        plain: "id workspace_id kind subject count hours usual began_at ended_at dismissed",
        personal: &[],
    },
    Table { name: "unanswered_progress", plain: "workspace_id seq", personal: &[] },
    Table {
        name: "bot_replay",
        plain: "workspace_id inbox_id run conversations looked place started_at done_at",
        personal: &[],
    },
    // What the bot would have said is the business's own words; what was asked and answered stands in the messages.
    Table {
        name: "bot_trial",
        plain: "workspace_id id inbox_id run conversation_id message_id reply_id deed said confidence reason agreement
            verdict at",
        personal: &[],
    },
    Table {
        name: "intent",
        plain: "id workspace_id name name_key description answer enabled created_at updated_at",
        personal: &[],
    },
    Table {
        name: "intent_example",
        plain: "id workspace_id intent_id state origin message_id conversation_id contact_id understood_id confidence
            created_by created_at decided_by decided_at revision",
        personal: &[customers(
            "sealed",
            Class::Content,
            Export::Not("a copy of a message, which is exported"),
            Erase::Row,
            Seal::Person,
        )],
    },
    Table {
        name: "intent_version",
        plain: "workspace_id version revision examples intents figures took_ms trained_at",
        personal: &[customers(
            "sealed",
            Class::Content,
            Export::Not("what was learned from many texts, and no text; the messages are exported"),
            Erase::Row,
            Seal::Workspace,
        )],
    },
    Table {
        name: "intent_learning",
        plain: "workspace_id revision changed forgotten learned version newest automatic",
        personal: &[],
    },
    Table {
        name: "acme",
        plain: "id directory names account chain chain_key issued_at expires_at next_at failures failure lease_until fence",
        personal: &[],
    },
    Table { name: "acme_challenge", plain: "name digest expires_at", personal: &[] },
    Table { name: "sign_out", plain: "workspace_id provider_id jti sid expires_at", personal: &[] },
];
