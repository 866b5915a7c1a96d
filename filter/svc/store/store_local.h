/* SPDX-License-Identifier: BSD-2-Clause
 *
 * store_local -- a store in this process's memory: for `eval`, the demo and tests.
 */
#ifndef SVC_STORE_LOCAL_H
#define SVC_STORE_LOCAL_H

#include "svc/store/store_backend.h"

struct store_backend *store_local_new(void); /* gives */

#endif
