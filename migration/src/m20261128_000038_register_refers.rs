//! What the register refers to is looked up for all rows of a statement at once.
//!
//! A foreign key looks it up, and locks it, for each row: two thirds of the time in which
//! PostgreSQL writes what a whole house scans at nine. Meetings and people are never deleted
//! and their numbers never change, so one look after each `INSERT` says as much; deleting
//! what the register refers to is refused as before. SQLite, where a foreign key costs
//! little, keeps its own.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::remake::run;

const TABLES: [&str; 2] = ["attendance", "attendance_event"];
const KEYS: [(&str, &str); 2] = [("meeting_id", "meeting"), ("resident_id", "resident")];

/// By the index, row by row of what was written: a join could read all people instead. Of
/// meetings there is mostly one.
const REFERS: &str = "
CREATE FUNCTION register_refers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM (SELECT DISTINCT meeting_id FROM written) w
             WHERE (SELECT m.id FROM meeting m WHERE m.id = w.meeting_id) IS NULL)
    OR EXISTS (SELECT FROM written w
               WHERE (SELECT r.id FROM resident r WHERE r.id = w.resident_id) IS NULL)
  THEN
    RAISE foreign_key_violation USING MESSAGE =
      format('insert on %s violates foreign key constraint: no such meeting or person', TG_TABLE_NAME);
  END IF;
  RETURN NULL;
END $$";

/// `TG_ARGV[0]`: the column by which the register refers to the table.
const KEPT: &str = "
CREATE FUNCTION register_keeps() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  held boolean;
BEGIN
  EXECUTE format('SELECT EXISTS (SELECT FROM attendance WHERE %1$I = $1)
                  OR EXISTS (SELECT FROM attendance_event WHERE %1$I = $1)', TG_ARGV[0])
    INTO held USING OLD.id;
  IF held THEN
    RAISE foreign_key_violation USING MESSAGE =
      format('delete on %s violates foreign key constraint: the register refers to it', TG_TABLE_NAME);
  END IF;
  RETURN OLD;
END $$";

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() != DbBackend::Postgres {
            return Ok(());
        }
        let mut steps = vec![REFERS.to_owned(), KEPT.to_owned()];
        for table in TABLES {
            for (key, _) in KEYS {
                steps.push(format!("ALTER TABLE {table} DROP CONSTRAINT fk_{table}_{key}"));
            }
            steps.push(format!(
                "CREATE TRIGGER {table}_refers AFTER INSERT ON {table} \
                 REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION register_refers()"
            ));
        }
        for (key, parent) in KEYS {
            steps.push(format!(
                "CREATE TRIGGER {parent}_kept BEFORE DELETE ON {parent} \
                 FOR EACH ROW EXECUTE FUNCTION register_keeps('{key}')"
            ));
        }
        run(manager, &steps).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() != DbBackend::Postgres {
            return Ok(());
        }
        let mut steps = Vec::new();
        for (_, parent) in KEYS {
            steps.push(format!("DROP TRIGGER {parent}_kept ON {parent}"));
        }
        for table in TABLES {
            steps.push(format!("DROP TRIGGER {table}_refers ON {table}"));
            for (key, parent) in KEYS {
                steps.push(format!(
                    "ALTER TABLE {table} ADD CONSTRAINT fk_{table}_{key} \
                     FOREIGN KEY ({key}) REFERENCES {parent} (id) ON DELETE RESTRICT"
                ));
            }
        }
        steps.extend(
            ["register_refers", "register_keeps"].map(|name| format!("DROP FUNCTION {name}")),
        );
        run(manager, &steps).await
    }
}
