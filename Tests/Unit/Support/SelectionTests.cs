using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Support;

/// <summary>The cases that run by default cover those of <c>--all</c>.</summary>
public sealed class SelectionTests
{
    // All but one of the combinations.
    private static readonly (int A, int B, int C)[] Cases =
        [.. from a in Enumerable.Range(0, 5) from b in Enumerable.Range(0, 3) from c in Enumerable.Range(0, 2) where a + b + c > 0 select (a, b, c)];

    [Test]
    public void Every_two_values_that_meet_meet_in_a_case_that_runs()
    {
        IReadOnlyList<(int A, int B, int C)> few = Selection.EachPair(Cases, c => c.A, c => c.B, c => c.C);
        Assert.That(few.Select(c => (c.A, c.B)), Is.SupersetOf(Cases.Select(c => (c.A, c.B)).Distinct()));
        Assert.That(few.Select(c => (c.A, c.C)), Is.SupersetOf(Cases.Select(c => (c.A, c.C)).Distinct()));
        Assert.That(few.Select(c => (c.B, c.C)), Is.SupersetOf(Cases.Select(c => (c.B, c.C)).Distinct()));
        Assert.That(few, Has.Count.EqualTo(Selection.IsAll ? Cases.Length : 15).And.SubsetOf(Cases));
    }

    [Test]
    public void Every_value_is_in_a_case_that_runs()
    {
        IReadOnlyList<(int A, int B, int C)> few = Selection.EachValue(Cases, c => c.A, c => c.B, c => c.C);
        Assert.That(few.Select(c => c.A).Distinct().Count() + few.Select(c => c.B).Distinct().Count() + few.Select(c => c.C).Distinct().Count(), Is.EqualTo(5 + 3 + 2));
        Assert.That(few, Has.Count.EqualTo(Selection.IsAll ? Cases.Length : 5));
    }

    [Test]
    public void Three_turns_have_every_value_between_them() => Assert.That(
        Enumerable.Range(1, 3).SelectMany(turn => Selection.Third("abcdefgh", turn)).Distinct().Order(), Is.EqualTo("abcdefgh"));
}
