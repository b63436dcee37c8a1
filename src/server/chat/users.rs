//! Users.

use super::{Chat, ChatError};
use crate::protocol::ids::UserId;
use crate::server::hub::CloseReason;
use crate::server::session::Identity;
use crate::server::store::users::{self, ACTIVE, SUSPENDED, User};
use crate::server::store::{StoreError, sessions};

impl Chat {
    /// All users.
    pub(crate) async fn users(&self) -> Result<Vec<User>, ChatError> {
        self.read(|connection| Ok(users::all(connection)?)).await
    }

    /// Shuts a user out, with all sessions, the token and the connections, or lets the user in again.
    pub(crate) async fn set_suspended(
        &self,
        identity: Identity,
        user_id: UserId,
        is_suspended: bool,
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
            .run(move |connection| {
                let transaction = connection.transaction().map_err(StoreError::from)?;
                let status = if is_suspended { SUSPENDED } else { ACTIVE };
                if !users::set_status(&transaction, user_id, status, now)? {
                    return Err(ChatError::UserNotFound);
                }
                if is_suspended {
                    sessions::delete_all(&transaction, user_id)?;
                }
                transaction.commit().map_err(StoreError::from)?;
                // Still in the store's job: no connection of the user can begin in between.
                if is_suspended {
                    hub.close_user(user_id, CloseReason::UserSuspended);
                }
                Ok(())
            })
            .await
    }
}
