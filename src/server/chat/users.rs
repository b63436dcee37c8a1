//! Users.

use super::{Chat, ChatError};
use crate::protocol::ids::UserId;
use crate::server::hub::CloseReason;
use crate::server::session::Identity;
use crate::server::store::users::{self, User, UserStatus};
use crate::server::store::{StoreError, sessions};

impl Chat {
    /// All users.
    pub(crate) async fn users(&self) -> Result<Vec<User>, ChatError> {
        self.read(|connection| Ok(users::all(connection)?)).await
    }

    /// Activates or suspends a user. Suspension ends all sessions, the token and the connections.
    pub(crate) async fn set_status(
        &self,
        identity: Identity,
        user_id: UserId,
        status: UserStatus,
    ) -> Result<(), ChatError> {
        if !identity.is_admin {
            return Err(ChatError::Forbidden(
                "Only administrators may suspend and reactivate users.",
            ));
        }
        if user_id == identity.user_id {
            return Err(ChatError::Forbidden(
                "Nobody may suspend or reactivate themselves.",
            ));
        }
        let hub = self.hub.clone();
        let now = self.clock.now();
        self.store
            .run_shrinking(move |connection| {
                let transaction = connection.transaction().map_err(StoreError::from)?;
                if !users::set_status(&transaction, user_id, status, now)? {
                    return Err(ChatError::UserNotFound);
                }
                if status != UserStatus::Active {
                    sessions::delete_all(&transaction, user_id)?;
                }
                transaction.commit().map_err(StoreError::from)?;
                // Still in the store's job, so that the user cannot connect in between.
                if status != UserStatus::Active {
                    hub.close_user(user_id, CloseReason::UserSuspended);
                }
                Ok(())
            })
            .await
    }
}
