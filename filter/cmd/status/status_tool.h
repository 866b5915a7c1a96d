/* SPDX-License-Identifier: BSD-2-Clause
 *
 * status_tool -- `postern status`: is all well, and what is not?
 */
#ifndef CMD_STATUS_TOOL_H
#define CMD_STATUS_TOOL_H

int status_tool_main(int argc, char **argv);

#endif
