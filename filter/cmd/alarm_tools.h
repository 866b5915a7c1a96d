/* SPDX-License-Identifier: BSD-2-Clause
 *
 * alarm_tools -- `postern alarms`: the accounts that rang, and to let one begin anew.
 */
#ifndef CMD_ALARM_TOOLS_H
#define CMD_ALARM_TOOLS_H

int alarm_tools_main(int argc, char **argv);

#endif
