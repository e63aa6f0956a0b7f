//! Clubs: what they are for, what their members made, and where they performed.

use sea_orm_migration::prelude::*;

use crate::columns::{big, day, flag, index, int, optional, reference, table, text, time, unique};
use crate::remake::run;

/// Those of the plan of 2023.
const CLUBS: [(&str, &str); 2] = [
    ("常阴沙钩针编结", "一起钩花、编包，作品参加义卖和展演。"),
    ("老年乐器", "二胡、笛子、葫芦丝，一起练，一起上台。"),
];

/// In the order in which they are made; undone in reverse.
const TABLES: [&str; 3] = ["club", "club_work", "club_show"];

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let club = table("club")
            .col(text("name"))
            .col(text("aim"))
            .col(optional(big("class_id")))
            .col(int("place"))
            .col(flag("closed"))
            .foreign_key(&mut reference("club", "class_id", "class"))
            .take();
        manager.create_table(club).await?;
        manager.create_index(unique("club", &["name"])).await?;
        manager.create_index(unique("club", &["class_id"])).await?;
        let work = table("club_work")
            .col(big("club_id"))
            .col(text("title"))
            .col(text("author"))
            .col(text("note"))
            .col(optional(big("picture_id")))
            .col(big("added_by"))
            .col(time("added_at"))
            .col(optional(time("removed_at")))
            .foreign_key(&mut reference("club_work", "club_id", "club"))
            .foreign_key(&mut reference("club_work", "picture_id", "picture"))
            .foreign_key(&mut reference("club_work", "added_by", "staff"))
            .take();
        manager.create_table(work).await?;
        manager.create_index(index("club_work", &["club_id"])).await?;
        let show = table("club_show")
            .col(big("club_id"))
            .col(text("title"))
            .col(day("day"))
            .col(text("place"))
            .col(text("note"))
            .col(big("added_by"))
            .col(time("added_at"))
            .col(optional(time("removed_at")))
            .foreign_key(&mut reference("club_show", "club_id", "club"))
            .foreign_key(&mut reference("club_show", "added_by", "staff"))
            .take();
        manager.create_table(show).await?;
        manager.create_index(index("club_show", &["club_id"])).await?;
        let rows: Vec<String> = (1..)
            .zip(CLUBS)
            .map(|(place, (name, aim))| format!("('{name}', '{aim}', {place}, FALSE)"))
            .collect();
        let seed =
            format!("INSERT INTO club (name, aim, place, closed) VALUES {}", rows.join(", "));
        run(manager, &[seed]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES.iter().rev() {
            manager.drop_table(Table::drop().table(*table).take()).await?;
        }
        Ok(())
    }
}
