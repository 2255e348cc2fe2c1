/** What a story asserts. */
final class Check {
    private Check() {}

    static void that(boolean holds, Object otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }

    static void same(Object expected, Object found) {
        that(expected.equals(found), "expected " + expected + ", found " + found);
    }
}
