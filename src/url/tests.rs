use crate::driver::sqlx::mysql::MySqlSslMode;
use crate::driver::sqlx::postgres::PgSslMode;
use crate::driver::target::Target;
use crate::url::*;

fn refused(url: &str) -> String {
    let error = parse(url).expect_err(url);
    assert_eq!(error.code, crate::error::Code::Config);
    error.message.into_owned()
}

#[test]
fn all_forms_are_understood() {
    for url in [
        "postgres://u:p@localhost/db",
        "postgresql://u:p@[::1]:5433/db?schema=auth&connection_limit=3&pool_timeout=5",
        "postgresql://u@/db?host=/var/run/postgresql",
        "postgres://u:p@ep-x-pooler.eu.aws.neon.tech/db?sslmode=require&channel_binding=require",
        "postgres://u:p@localhost/db?options=-c%20statement_timeout%3D5000",
        "mysql://u:p@localhost:3306/db",
        "mariadb://u:p@localhost/db?sslaccept=strict",
        r#"mysql://u:p@aws.connect.psdb.cloud/db?ssl={"rejectUnauthorized":true}"#,
        "mysql://u:p@localhost/db?ssl=%7B%22rejectUnauthorized%22%3Atrue%7D",
        "sqlite:./dev.db",
        "sqlite://dev.db?mode=ro",
        "sqlite:///var/lib/dev.db",
        "file:./dev.db",
        "file:/var/lib/dev.db?connection_limit=1",
        "sqlite::memory:",
        ":memory:",
    ] {
        assert!(parse(url).is_ok(), "{url}: {:?}", parse(url).err());
    }
}

#[test]
fn passwords_are_decoded_and_never_shown() {
    let Target::Postgres { options, .. } = parse("postgres://us%40er:p%2Fw@h/d").unwrap().target else {
        panic!("postgres")
    };
    assert_eq!(options.get_username(), "us@er");
    for url in [
        "postgres://u:hunter2/x@h/d",
        "postgres://u:hunter2@h/d?hunter=3",
        "u:hunter2@h/d",
        "hunter2",
        "oracle://u:hunter2@h",
        "mysql://u:hunter2@h:port/d",
        "mysql://u:hunter2@/d?ssl=maybe",
    ] {
        let message = refused(url);
        assert!(!message.contains("hunter2"), "{url}: {message}");
    }
}

#[test]
fn the_wrong_part_is_named() {
    assert!(refused("postgres://h/d?sslmodus=require").contains("sslmodus"));
    assert!(refused("postgres://h/d?sslmode=maybe").contains("sslmode"));
    assert!(refused("mysql://h/d?connection_limit=0").contains("connection_limit"));
    assert!(refused("sqlite:x.db?mode=rx").contains("mode"));
    assert!(refused("mysql://h").contains("no database"));
    assert!(refused("sqlite:").contains("no file"));
    assert!(refused("./dev.db").contains("scheme"));
    assert!(refused("  ").contains("missing"));
    assert!(refused("postgres://h:99999/d").contains("port"));
}

#[test]
fn transaction_poolers_are_recognised() {
    for (url, pooler) in [
        ("postgres://h/d", false),
        ("postgres://h:6543/d", true),
        ("postgres://h:6432/d?pgbouncer=true", true),
        ("postgres://h:6543/d?pgbouncer=false", false),
        ("postgres://aws-0-eu.pooler.supabase.com/d", true),
        ("postgres://aws-0-eu.pooler.supabase.com:5432/d", false),
        ("postgres://h/d?statement_cache_size=0", true),
        ("postgres://h:6432/d", true),
        ("postgres://ep-calm-1.eu.neon.tech/d", false),
        ("postgres://ep-calm-1-pooler.eu.neon.tech/d", true),
        ("postgres://pooled.db.prisma.io/d", true),
        ("postgres://db.prisma.io/d", false),
        ("postgres://pgbouncer.abc.flympg.net/d", true),
        ("postgres://direct.abc.flympg.net/d", false),
    ] {
        assert_eq!(parse(url).unwrap().target.sessions().are_shared(), pooler, "{url}");
    }
}

#[test]
fn tls_follows_the_url() {
    let postgres = |query: &str| match parse(&format!("postgres://h/d?{query}")).unwrap().target {
        Target::Postgres { options, .. } => options.get_ssl_mode(),
        _ => panic!("postgres"),
    };
    assert!(matches!(postgres("sslmode=verify-full"), PgSslMode::VerifyFull));
    assert!(matches!(postgres("sslmode=no-verify"), PgSslMode::Require));
    assert!(matches!(postgres("sslaccept=strict"), PgSslMode::VerifyFull));
    assert!(matches!(postgres("application_name=x"), PgSslMode::Prefer));
    let mysql = |query: &str| match parse(&format!("mysql://h/d?{query}")).unwrap().target {
        Target::MySql { options, .. } => options.get_ssl_mode(),
        _ => panic!("mysql"),
    };
    assert!(matches!(mysql(r#"ssl={"rejectUnauthorized":true}"#), MySqlSslMode::VerifyIdentity));
    assert!(matches!(mysql("ssl-mode=REQUIRED"), MySqlSslMode::Required));
    assert!(matches!(mysql("sslaccept=accept_invalid_certs"), MySqlSslMode::Required));
}
