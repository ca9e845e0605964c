/* checkout.c -- takes an idle connection from the pool and gives it back, counted by callgrind for checkout.sh.
 *
 *     checkout URL ROUNDS
 * SPDX-License-Identifier: MIT */
#include "orm.h"

#include <stdio.h>
#include <stdlib.h>
#include <valgrind/callgrind.h>

static orm_status take_and_give_back(orm_engine *engine, int rounds, orm_error *error)
{
    for (int i = 0; i < rounds; i++) {
        orm_connection *connection;
        orm_status status = orm_connection_open(engine, &connection, error);
        if (status)
            return status;
        orm_connection_close(connection);
    }
    return ORM_OK;
}

int main(int argc, char **argv)
{
    orm_engine *engine;
    orm_error error;
    if (argc != 3)
        return 2;
    orm_status status = orm_engine_open(argv[1], NULL, &engine, &error);
    if (!status)
        status = take_and_give_back(engine, 10, &error); /* whatever is done once */
    CALLGRIND_START_INSTRUMENTATION;
    if (!status)
        status = take_and_give_back(engine, atoi(argv[2]), &error);
    CALLGRIND_STOP_INSTRUMENTATION;
    if (status)
        fprintf(stderr, "%s\n", error.message);
    else if (orm_engine_pool(engine).opened_ever != 1)
        status = ORM_MISUSE;
    orm_engine_close(engine);
    return status != ORM_OK;
}
