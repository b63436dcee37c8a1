//! Quirks of attachments and avatars, each compared with the default.

use reqwest::Method;
use room_events::server::Quirk;
use serde_json::{Value, json};

use super::{LIST, World, both, raw};
use crate::support::{ADMIN, ALICE, BOB_AND_ALICE, LOBBY};

#[tokio::test]
async fn images_have_a_thumbnail() {
    for world in both(Quirk::NoThumbnails).await {
        let message = world.bob.send(BOB_AND_ALICE, "a").await;
        assert_eq!(
            world.attach(&world.bob, message).await["hasThumbnail"],
            !world.has_quirk
        );
    }
}

#[tokio::test]
async fn images_have_a_size() {
    for world in both(Quirk::NoPictureSizes).await {
        let message = world.bob.send(BOB_AND_ALICE, "a").await;
        let expected = if world.has_quirk {
            Value::Null
        } else {
            json!({"width": 1, "height": 1})
        };
        assert_eq!(world.attach(&world.bob, message).await["size"], expected);
    }
}

#[tokio::test]
async fn attachments_have_a_time() {
    for world in both(Quirk::ZeroAttachmentTimes).await {
        let message = world.bob.send(BOB_AND_ALICE, "a").await;
        let attachment = world.attach(&world.bob, message).await;
        assert_eq!(attachment["createdUtc"] == 0, world.has_quirk);
        assert_ne!(attachment["lastModifiedUtc"], 0);
    }
}

#[tokio::test]
async fn attachment_metadata_has_the_status() {
    for world in both(Quirk::BareAttachments).await {
        let message = world.bob.send(BOB_AND_ALICE, "a").await;
        let listed = world.attach(&world.bob, message).await;
        let path = format!("/attachments/{}", listed["attachmentId"]);
        let mut answer = raw(&world.bob, &path).await;
        let status = answer
            .as_object_mut()
            .expect("an object")
            .remove("httpStatusCode");
        assert_eq!(status, (!world.has_quirk).then(|| json!(200)));
        assert_eq!(answer, listed);
        // Other responses have it.
        assert_eq!(raw(&world.bob, LIST).await["httpStatusCode"], 200);
    }
}

#[tokio::test]
async fn checksums_are_sha_1() {
    for world in both(Quirk::Sha256Checksums).await {
        let message = world.bob.send(BOB_AND_ALICE, "a").await;
        let attachment = world.attach(&world.bob, message).await;
        let checksum = attachment["fileChecksum"].as_str().expect("a checksum");
        assert!(checksum.chars().all(|digit| digit.is_ascii_hexdigit()));
        assert_eq!(checksum.len(), if world.has_quirk { 64 } else { 40 });
    }
}

#[tokio::test]
async fn some_have_no_avatar() {
    for World { bob, has_quirk, .. } in both(Quirk::InitialsAvatars).await {
        for (path, has_picture) in [
            (format!("/users/{ADMIN}/avatar.jpg"), true),
            (format!("/users/{ALICE}/avatar.jpg"), false),
            (format!("/rooms/{LOBBY}/avatar.jpg"), true),
            (format!("/rooms/{BOB_AND_ALICE}/avatar.jpg"), false),
        ] {
            if has_picture || has_quirk {
                let picture = bob.request(Method::GET, &path).send().await.expect("it answers");
                assert_eq!(picture.status(), 200, "{path}");
                assert!(
                    picture
                        .bytes()
                        .await
                        .expect("a body")
                        .starts_with(&[0xff, 0xd8, 0xff])
                );
            } else {
                assert_eq!(bob.get(&path).await.error(404), "Avatar not found");
            }
        }
    }
}
