/* SPDX-License-Identifier: BSD-2-Clause
 *
 * facts -- `postern facts`: what rules can read.
 */
#ifndef CMD_FACTS_H
#define CMD_FACTS_H

int facts_main(int argc, char **argv);

#endif
