/* orm.h -- the runtime of ormc: what programs include, by way of their generated headers.
 *
 * engine (where the database is, and its pool of connections) -> connection (Core: rows and statements) or session
 * (ORM: entities, an identity map and a unit of work). See each part's header; together they are the manual.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_H
#define ORM_H

#include "orm/aggregate.h"
#include "orm/connection.h"
#include "orm/engine.h"
#include "orm/error.h"
#include "orm/expression.h"
#include "orm/migration.h"
#include "orm/rows.h"
#include "orm/session.h"
#include "orm/types.h"
#include "orm/validation.h"

#endif
