/* SPDX-License-Identifier: BSD-2-Clause
 *
 * learn -- `postern learn`: tells the daemon's memory what a message is, for the reputation of who sent it.
 */
#ifndef CMD_LEARN_H
#define CMD_LEARN_H

int learn_main(int argc, char **argv);

#endif
