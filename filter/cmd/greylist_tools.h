/* SPDX-License-Identifier: BSD-2-Clause
 *
 * greylist_tools -- `postern greylist`: who waits and who has passed, and what to do about it.
 */
#ifndef CMD_GREYLIST_TOOLS_H
#define CMD_GREYLIST_TOOLS_H

int greylist_tools_main(int argc, char **argv);

#endif
