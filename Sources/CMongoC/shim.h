#pragma once
#include <mongoc/mongoc.h>

// Runs a command and hands out the server's reply.
//
// Swift cannot lay out a bson_t (it is aligned to 128 bytes), so it passes the command as plain BSON bytes and takes the
// reply as such. `session` may be NULL, `server_id` 0. `*reply` is NULL, or to be freed with bson_free(); there may be one
// even when the result is false.
static inline bool rf_mongoc_command(
    mongoc_client_t *client, const char *database, const uint8_t *command, size_t command_length,
    const mongoc_client_session_t *session, uint32_t server_id, uint8_t **reply, uint32_t *reply_length,
    bson_error_t *error)
{
    bson_t command_bson;
    bson_t reply_bson;
    bson_t options = BSON_INITIALIZER;
    bool done = false;

    *reply = NULL;
    *reply_length = 0;
    if (!bson_init_static(&command_bson, command, command_length)) {
        bson_set_error(error, MONGOC_ERROR_BSON, MONGOC_ERROR_BSON_INVALID, "the command is not valid BSON");
    } else if (
        (session == NULL || mongoc_client_session_append(session, &options, error))
        && (server_id == 0 || BSON_APPEND_INT32(&options, "serverId", (int32_t) server_id))) {
        // "The reply is always initialized, even on failure" (mongoc_client_command_with_opts).
        done = mongoc_client_command_with_opts(
            client, database, &command_bson, NULL, &options, &reply_bson, error);
        *reply = bson_destroy_with_steal(&reply_bson, true, reply_length);
    }
    bson_destroy(&options);
    return done;
}

// Starts a session whose reads do not wait for one another: causal consistency would add a cluster time to each command.
static inline mongoc_client_session_t *rf_mongoc_start_session(mongoc_client_t *client, bson_error_t *error)
{
    mongoc_session_opt_t *options = mongoc_session_opts_new();
    mongoc_session_opts_set_causal_consistency(options, false);
    mongoc_client_session_t *session = mongoc_client_start_session(client, options, error);
    mongoc_session_opts_destroy(options);
    return session;
}
