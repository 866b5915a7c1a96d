/* SPDX-License-Identifier: BSD-2-Clause
 *
 * setup -- `postern setup`: which third-party DNS lists to ask, their keys, and what the MTA has to know.
 */
#ifndef CMD_SETUP_H
#define CMD_SETUP_H

int setup_main(int argc, char **argv);

#endif
