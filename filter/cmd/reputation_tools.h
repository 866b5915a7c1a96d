/* SPDX-License-Identifier: BSD-2-Clause
 *
 * reputation_tools -- `postern reputation`: what is remembered of who sent mail.
 */
#ifndef CMD_REPUTATION_TOOLS_H
#define CMD_REPUTATION_TOOLS_H

int reputation_tools_main(int argc, char **argv);

#endif
