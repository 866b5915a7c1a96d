/* SPDX-License-Identifier: BSD-2-Clause
 *
 * make_key -- `postern dkim-key`: makes a key that signs mail, and says what to put into DNS and table.
 */
#ifndef CMD_MAKE_KEY_H
#define CMD_MAKE_KEY_H

int make_key_main(int argc, char **argv);

#endif
