/* SPDX-License-Identifier: BSD-2-Clause
 *
 * explain -- `postern explain`: a rule as it is in effect, where each clause was written, what it reads.
 */
#ifndef CMD_EXPLAIN_H
#define CMD_EXPLAIN_H

int explain_main(int argc, char **argv);

#endif
