/* SPDX-License-Identifier: BSD-2-Clause
 *
 * why -- `postern why ID`: the ladder of a past transaction, from the evidence file.
 */
#ifndef CMD_WHY_H
#define CMD_WHY_H

int why_main(int argc, char **argv);

#endif
