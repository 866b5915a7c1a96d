/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rate_tools -- `postern rates`: what the rates of the rules have counted.
 */
#ifndef CMD_RATE_TOOLS_H
#define CMD_RATE_TOOLS_H

int rate_tools_main(int argc, char **argv);

#endif
