/* SPDX-License-Identifier: BSD-2-Clause
 *
 * list_test -- `postern list-test`: is a value in a list, and which item says so?
 */
#ifndef CMD_LIST_TEST_H
#define CMD_LIST_TEST_H

int list_test_main(int argc, char **argv);

#endif
