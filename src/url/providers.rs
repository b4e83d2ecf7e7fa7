//! The URLs that providers' pages show, and what each comes to.

use crate::driver::target::Target;
use crate::url::parse;

/// What a URL comes to, as one line: where, TLS, and whether a pooler lends the sessions.
fn meaning(url: &str) -> String {
    let target = parse(url).unwrap_or_else(|error| panic!("{url}: {error} {:?}", error.details)).target;
    let place = |host: &str, socket: Option<String>, port| socket.unwrap_or_else(|| format!("{host}:{port}"));
    match target {
        Target::Postgres { options, sessions, .. } => {
            let [options] = options.as_slice() else { panic!("{url}: {options:?}") };
            let socket = options.get_socket().map(|socket| socket.display().to_string());
            let pooler = if sessions.are_shared() { ", pooler" } else { "" };
            let place = place(options.get_host(), socket, options.get_port());
            format!("{place}/{} {:?}{pooler}", options.get_database().unwrap_or_default(), options.get_ssl_mode())
        }
        Target::MySql { options, .. } => {
            let [options] = options.as_slice() else { panic!("{url}: {options:?}") };
            let socket = options.get_socket().map(|socket| socket.display().to_string());
            let place = place(options.get_host(), socket, options.get_port());
            format!("{place}/{} {:?}", options.get_database().unwrap_or_default(), options.get_ssl_mode())
        }
        Target::Sqlite(_) => "a file".into(),
    }
}

const NEON: &[(&str, &str)] = &[
    (
        "postgresql://alex:AbC123dEf@ep-cool-darkness-123456.us-east-2.aws.neon.tech/dbname?sslmode=require&channel_binding=require",
        "ep-cool-darkness-123456.us-east-2.aws.neon.tech:5432/dbname Require",
    ),
    (
        "postgresql://alex:AbC123dEf@ep-cool-darkness-a1b2c3d4-pooler.us-east-2.aws.neon.tech/dbname?sslmode=require&channel_binding=require",
        "ep-cool-darkness-a1b2c3d4-pooler.us-east-2.aws.neon.tech:5432/dbname Require, pooler",
    ),
    (
        "postgresql://alex:AbC123dEf@ep-cool-darkness-123456.us-east-2.aws.neon.tech/dbname?options=endpoint%3Dep-cool-darkness-123456&sslmode=require",
        "ep-cool-darkness-123456.us-east-2.aws.neon.tech:5432/dbname Require",
    ),
    (
        "postgres://default:AbC123dEf@ep-x-123456-pooler.us-east-1.aws.neon.tech/verceldb?sslmode=require&pgbouncer=true&connect_timeout=15",
        "ep-x-123456-pooler.us-east-1.aws.neon.tech:5432/verceldb Require, pooler",
    ),
];

const SUPABASE: &[(&str, &str)] = &[
    (
        "postgresql://postgres:secret@db.apbkobhfnmcqqzqeeqss.supabase.co:5432/postgres",
        "db.apbkobhfnmcqqzqeeqss.supabase.co:5432/postgres Prefer",
    ),
    (
        "postgres://postgres.apbkobhfnmcqqzqeeqss:secret@aws-0-eu-west-1.pooler.supabase.com:5432/postgres",
        "aws-0-eu-west-1.pooler.supabase.com:5432/postgres Prefer",
    ),
    (
        "postgres://postgres.apbkobhfnmcqqzqeeqss:secret@aws-0-eu-west-1.pooler.supabase.com:6543/postgres?pgbouncer=true&connection_limit=1",
        "aws-0-eu-west-1.pooler.supabase.com:6543/postgres Prefer, pooler",
    ),
    (
        "postgresql://postgres:secret@db.apbkobhfnmcqqzqeeqss.supabase.co:6543/postgres",
        "db.apbkobhfnmcqqzqeeqss.supabase.co:6543/postgres Prefer, pooler",
    ),
    (
        "postgres://postgres.x:secret@aws-0-us-east-1.pooler.supabase.com:6543/postgres?sslmode=require&supa=base-pooler.x",
        "aws-0-us-east-1.pooler.supabase.com:6543/postgres Require, pooler",
    ),
];

const PLANETSCALE: &[(&str, &str)] = &[
    (
        r#"mysql://user:pscale_pw_x@aws.connect.psdb.cloud/app?ssl={"rejectUnauthorized":true}"#,
        "aws.connect.psdb.cloud:3306/app VerifyIdentity",
    ),
    (
        "mysql://user:pscale_pw_x@aws.connect.psdb.cloud/app?sslaccept=strict",
        "aws.connect.psdb.cloud:3306/app VerifyIdentity",
    ),
    (
        "postgresql://role.branch:pscale_pw_x@eu-west-1.pg.horizon.psdb.cloud:5432/postgres?sslmode=verify-full&sslrootcert=system&sslnegotiation=direct",
        "eu-west-1.pg.horizon.psdb.cloud:5432/postgres VerifyFull",
    ),
    (
        "postgresql://role.branch:pscale_pw_x@eu-west-1.pg.horizon.psdb.cloud:6432/postgres?sslmode=verify-full&sslrootcert=system&sslnegotiation=direct",
        "eu-west-1.pg.horizon.psdb.cloud:6432/postgres VerifyFull, pooler",
    ),
];

const RDS: &[(&str, &str)] = &[
    (
        "postgresql://admin:secret@mydb.123456789012.eu-west-1.rds.amazonaws.com:5432/app?sslmode=verify-full&sslrootcert=global-bundle.pem",
        "mydb.123456789012.eu-west-1.rds.amazonaws.com:5432/app VerifyFull",
    ),
    (
        "postgresql://admin:secret@mydb.123456789012.eu-west-1.rds.amazonaws.com:5432/app?sslmode=require&sslrootcert=/etc/ssl/global-bundle.pem",
        "mydb.123456789012.eu-west-1.rds.amazonaws.com:5432/app VerifyCa",
    ),
    (
        "mysql://admin:secret@mydb.123456789012.eu-west-1.rds.amazonaws.com:3306/app?ssl-mode=VERIFY_IDENTITY&ssl-ca=global-bundle.pem",
        "mydb.123456789012.eu-west-1.rds.amazonaws.com:3306/app VerifyIdentity",
    ),
];

const CLOUD_SQL: &[(&str, &str)] = &[
    (
        "postgresql://user:secret@localhost/app?host=/cloudsql/project:region:instance",
        "/cloudsql/project:region:instance/app Prefer",
    ),
    (
        "postgres://user:secret@/app?host=/cloudsql/project:region:instance",
        "/cloudsql/project:region:instance/app Prefer",
    ),
    (
        "postgres://user:secret@%2Fcloudsql%2Fproject%3Aregion%3Ainstance/app",
        "/cloudsql/project:region:instance/app Prefer",
    ),
    (
        "mysql://user:secret@localhost/app?socket=/cloudsql/project:region:instance",
        "/cloudsql/project:region:instance/app Preferred",
    ),
    (
        "mysql://user:secret@localhost/app?socketPath=/cloudsql/project:region:instance",
        "/cloudsql/project:region:instance/app Preferred",
    ),
    (
        "mysql://user:secret@/app?unix_socket=/cloudsql/project:region:instance",
        "/cloudsql/project:region:instance/app Preferred",
    ),
    (
        "postgresql://user:secret@203.0.113.7:5432/app?sslmode=verify-ca&sslrootcert=server-ca.pem&sslcert=client-cert.pem&sslkey=client-key.pem",
        "203.0.113.7:5432/app VerifyCa",
    ),
    (
        "mysql://user:secret@203.0.113.7:3306/app?ssl-mode=VERIFY_CA&ssl-ca=server-ca.pem",
        "203.0.113.7:3306/app VerifyCa",
    ),
];

const AZURE: &[(&str, &str)] = &[
    (
        "postgresql://adminuser:secret@demo.postgres.database.azure.com:5432/postgres?sslmode=require",
        "demo.postgres.database.azure.com:5432/postgres Require",
    ),
    (
        "postgresql://adminuser:secret@demo.postgres.database.azure.com:6432/postgres?sslmode=require",
        "demo.postgres.database.azure.com:6432/postgres Require, pooler",
    ),
    (
        "postgres://pwsh%40demo:secret@demo.postgres.database.azure.com:5432/postgres?sslmode=require",
        "demo.postgres.database.azure.com:5432/postgres Require",
    ),
    (
        "mysql://adminuser:secret@demo.mysql.database.azure.com:3306/app?ssl-mode=REQUIRED",
        "demo.mysql.database.azure.com:3306/app Required",
    ),
];

const AIVEN: &[(&str, &str)] = &[
    (
        "postgres://avnadmin:AVNS_x@pg-demo.a.aivencloud.com:12691/defaultdb?sslmode=require",
        "pg-demo.a.aivencloud.com:12691/defaultdb Require",
    ),
    (
        "postgres://avnadmin:AVNS_x@pg-demo.a.aivencloud.com:12691/defaultdb?sslmode=verify-ca&sslrootcert=ca.pem",
        "pg-demo.a.aivencloud.com:12691/defaultdb VerifyCa",
    ),
    (
        "mysql://avnadmin:AVNS_x@mysql-demo.a.aivencloud.com:25227/defaultdb?ssl-mode=REQUIRED",
        "mysql-demo.a.aivencloud.com:25227/defaultdb Required",
    ),
];

const DIGITALOCEAN: &[(&str, &str)] = &[
    (
        "postgresql://doadmin:AVNS_x@db-postgresql-nyc1-1-do-user-1-0.b.db.ondigitalocean.com:25060/defaultdb?sslmode=require",
        "db-postgresql-nyc1-1-do-user-1-0.b.db.ondigitalocean.com:25060/defaultdb Require",
    ),
    (
        "postgresql://doadmin:AVNS_x@db-postgresql-nyc1-1-do-user-1-0.b.db.ondigitalocean.com:25061/pool-01?sslmode=require",
        "db-postgresql-nyc1-1-do-user-1-0.b.db.ondigitalocean.com:25061/pool-01 Require, pooler",
    ),
    (
        "mysql://doadmin:AVNS_x@db-mysql-nyc1-1-do-user-1-0.b.db.ondigitalocean.com:25060/defaultdb?ssl-mode=REQUIRED",
        "db-mysql-nyc1-1-do-user-1-0.b.db.ondigitalocean.com:25060/defaultdb Required",
    ),
];

const RAILWAY: &[(&str, &str)] = &[
    (
        "postgresql://postgres:secret@postgres.railway.internal:5432/railway",
        "postgres.railway.internal:5432/railway Prefer",
    ),
    (
        "postgresql://postgres:secret@monorail.proxy.rlwy.net:12345/railway",
        "monorail.proxy.rlwy.net:12345/railway Prefer",
    ),
    ("mysql://root:secret@mysql.railway.internal:3306/railway", "mysql.railway.internal:3306/railway Preferred"),
];

const FLY: &[(&str, &str)] = &[
    (
        "postgresql://fly-user:secret@pgbouncer.x1y2.flympg.net/fly-db",
        "pgbouncer.x1y2.flympg.net:5432/fly-db Prefer, pooler",
    ),
    ("postgresql://fly-user:secret@direct.x1y2.flympg.net/fly-db", "direct.x1y2.flympg.net:5432/fly-db Prefer"),
    ("postgres://app:secret@app-db.flycast:5432/app?sslmode=disable", "app-db.flycast:5432/app Disable"),
];

const TIDB_CLOUD: &[(&str, &str)] = &[
    (
        "mysql://prefix.root:secret@gateway01.us-west-2.prod.aws.tidbcloud.com:4000/test?sslaccept=strict",
        "gateway01.us-west-2.prod.aws.tidbcloud.com:4000/test VerifyIdentity",
    ),
    (
        r#"mysql://prefix.root:secret@gateway01.us-west-2.prod.aws.tidbcloud.com:4000/test?ssl={"minVersion":"TLSv1.2","rejectUnauthorized":true}"#,
        "gateway01.us-west-2.prod.aws.tidbcloud.com:4000/test VerifyIdentity",
    ),
];

const PRISMA_POSTGRES: &[(&str, &str)] = &[
    ("postgres://USER:PASSWORD@db.prisma.io:5432/?sslmode=require", "db.prisma.io:5432/ Require"),
    ("postgres://USER:PASSWORD@pooled.db.prisma.io:5432/?sslmode=require", "pooled.db.prisma.io:5432/ Require, pooler"),
    (
        "postgres://USER:PASSWORD@db.prisma.io:5432/postgres?sslmode=verify-full",
        "db.prisma.io:5432/postgres VerifyFull",
    ),
    // What `prisma dev` prints: Prisma 7.0 to 7.5, then 7.6 to 7.10. All of these give programs the third.
    (
        "postgres://postgres:postgres@localhost:51214/template1?sslmode=disable&connection_limit=1&connect_timeout=0&max_idle_connection_lifetime=0&pool_timeout=0&single_use_connections=true&socket_timeout=0",
        "localhost:51214/template1 Disable",
    ),
    (
        "postgres://postgres:postgres@localhost:51214/template1?sslmode=disable&connection_limit=10&connect_timeout=0&max_idle_connection_lifetime=0&pool_timeout=0&socket_timeout=0",
        "localhost:51214/template1 Disable",
    ),
    ("postgres://postgres:postgres@localhost:51214/template1?sslmode=disable", "localhost:51214/template1 Disable"),
];

#[test]
fn each_providers_urls_are_understood() {
    let providers = [
        NEON,
        SUPABASE,
        PLANETSCALE,
        RDS,
        CLOUD_SQL,
        AZURE,
        AIVEN,
        DIGITALOCEAN,
        RAILWAY,
        FLY,
        TIDB_CLOUD,
        PRISMA_POSTGRES,
    ];
    for (url, expected) in providers.into_iter().flatten() {
        assert_eq!(meaning(url), *expected, "{url}");
    }
}
