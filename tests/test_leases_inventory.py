"""Graphics cards and their slices: what the driver's library lists, through a small real library; and pretend ones."""

import os
import shutil
import subprocess
import sys

import pytest
from broker_alone import lending

from hub_config import profiles
from hub_config.leases import inventory

LIBRARY = r"""
#include <string.h>
typedef char *Handle;
typedef struct { unsigned long long total, free, used; } Memory;
typedef struct { unsigned int pid; unsigned long long when; unsigned int sm, mem, enc, dec; } Sample;
enum { OK = 0, NOT_SUPPORTED = 3, NOT_FOUND = 6, SIZE = 7 };
static char whole[] = "GPU-1", cut[] = "GPU-2", slice[] = "MIG-3", lost[] = "GPU-4";
int nvmlInitWithFlags(unsigned int flags) { return OK; }
int nvmlShutdown(void) { return OK; }
int nvmlDeviceGetCount_v2(unsigned int *count) { *count = 3; return OK; }
int nvmlDeviceGetHandleByIndex_v2(unsigned int i, Handle *card) {
  if (i == 2) return 15; /* lost */
  *card = i ? cut : whole; return OK; }
int nvmlDeviceGetHandleByUUID(const char *id, Handle *card) {
  *card = strcmp(id, whole) ? slice : whole; return OK; }
int nvmlDeviceGetUUID(Handle card, char *id, unsigned int n) { strcpy(id, card); return OK; }
int nvmlDeviceGetName(Handle card, char *name, unsigned int n) {
  strcpy(name, card == slice ? "Slice 1g.10gb" : "Large Card"); return OK; }
int nvmlDeviceGetMemoryInfo(Handle card, Memory *m) {
  m->total = card == slice ? 10000000000ULL : 80000000000ULL; return OK; }
int nvmlDeviceGetMigMode(Handle card, unsigned int *now, unsigned int *later) {
  if (card == whole) return NOT_SUPPORTED;
  *now = *later = 1; return OK; }
int nvmlDeviceGetMaxMigDeviceCount(Handle card, unsigned int *count) { *count = 7; return OK; }
int nvmlDeviceGetMigDeviceHandleByIndex(Handle card, unsigned int i, Handle *found) {
  if (i) return NOT_FOUND;
  *found = slice; return OK; }
int nvmlDeviceGetProcessUtilization(Handle card, Sample *found, unsigned int *count, unsigned long long since) {
  if (card == slice) return NOT_SUPPORTED;
  if (!found) { *count = 2; return SIZE; }
  memset(found, 0, 2 * sizeof *found);
  found[0].pid = 77; found[0].when = since + 1; found[0].sm = 40;
  found[1].pid = 77; found[1].when = since + 2; found[1].sm = 60;
  *count = 2; return OK; }
"""


@pytest.fixture(scope="session")
def driver(tmp_path_factory):
    """A folder with a library that answers as the driver of a whole card, a partitioned one and a lost one would."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no compiler here to make the driver's library with")
    folder = tmp_path_factory.mktemp("driver")
    (folder / "nvml.c").write_text(LIBRARY)
    subprocess.run([compiler, "-shared", "-fPIC", "-o", folder / "libnvidia-ml.so.1", folder / "nvml.c"], check=True)
    return folder


def run(program, library):
    env = {**os.environ, "LD_LIBRARY_PATH": str(library)}
    done = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, check=False)
    assert not done.stderr, done.stderr
    return done.stdout.split("\n")[:-1]


def test_the_driver_lists_whole_cards_and_slices_but_neither_cut_nor_lost_ones(driver):
    program = "from hub_config.leases import inventory\nfor c in inventory.real(): print(c.device, c.name, c.memory_gb)"
    assert run(program, driver) == ["GPU-1 Large Card 80.0", "MIG-3 Slice 1g.10gb 10.0"]


def test_the_driver_tells_which_process_computes_and_a_slice_does_not(driver):
    program = "from hub_config.leases import inventory\nprint(inventory.Utilisation().read({'GPU-1', 'MIG-3'}))"
    assert run(program, driver) == ["{'GPU-1': {77: 0.5}}"]


def test_without_a_driver_there_are_no_cards_and_nobody_is_told(tmp_path):
    program = (
        "import ctypes, ctypes.util, sys\n"
        "from hub_config.leases import inventory\n"
        "try: ctypes.CDLL('libnvidia-ml.so.1'); print('driver')\n"
        "except OSError: print(inventory.real(), inventory.Utilisation().read({'GPU-1'}), 'torch' in sys.modules)"
    )
    if (said := run(program, tmp_path)) == ["driver"]:
        pytest.skip("this machine has a driver")
    assert said == ["() {} False"]


def test_pretend_cards_are_offered_and_cut_into_shares(tmp_path):
    known = lending(tmp_path, cards=("Big:80", "Odd: name:1.5"), gpus="shares = 2", profile="gpus = 4")
    assert [(card.name, card.memory_gb, card.pretend) for card in inventory.pretended(known)] == [
        ("Big", 80.0, True),
        ("Odd: name", 1.5, True),
    ]
    assert inventory.shares(known) >= 4
    assert profiles.offered(known)[1].reason == ""
    assert "3 of the 4 shares" in profiles.choices(known, 3)[1].reason


@pytest.mark.parametrize("card", ["Big", "Big:", ":80", "Big:0", "Big:-1", "Big:nan", "Big:inf", "Big:many"])
def test_a_misspelt_pretend_card_is_a_sentence_that_names_it(tmp_path, card):
    known = lending(tmp_path, cards=(card,))
    with pytest.raises(ValueError, match="write such a card as") as error:
        inventory.cards(known)
    assert repr(card) in str(error.value)
