using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Options.Topologies;

namespace TraversalLearning.Tests.Unit.Topologies;

/// <summary>What <c>--availability</c> takes, and what becomes of nodes by it.</summary>
public sealed class AvailabilityTests
{
    private static readonly NodeGroups Groups = NodeGroups.Read("{fast: [1, 2], slow: [3, 4, 5]}", 6);

    [Test]
    public void A_line_holds_over_those_before_it_and_groups_become_ids()
    {
        Availability read = Read("{all: p_available=0.9, slow: p_available=0.5 p_fail=0.25 delay_ms=20, 5-6: [p_fail=1], 6: []}");
        Assert.That(read.ToString(), Is.EqualTo(
            "{1-2: p_available=0.9 p_fail=0 delay_ms=0, 3-4: p_available=0.5 p_fail=0.25 delay_ms=20, 5: p_available=1 p_fail=1 delay_ms=0, 6: p_available=1 p_fail=0 delay_ms=0}"));
        Assert.That(Availability.Read(read.ToString(), 6, groups: null, seed: 1).ToString(), Is.EqualTo(read.ToString()), "a resumed run reads what the checkpoint has");
        Assert.That((read.LosesRows, Read("{all: delay_ms=5}").LosesRows), Is.EqualTo((true, false)));
    }

    [Test]
    public void Draws_are_as_likely_as_said_and_depend_on_seed_round_and_node_alone()
    {
        Availability availability = Read("{all: p_available=0.8 p_fail=0.25 delay_ms=7}");
        NodeFate[] fates = [.. from epoch in Enumerable.Range(1, 50) from round in Enumerable.Range(0, 40) select availability.Of(epoch, round, 3)];
        Assert.That(fates.Count(f => f.IsAway), Is.InRange(320, 480), "0.2 of 2000, within 4.5 standard deviations");
        Assert.That(fates.Count(f => f.Fails), Is.InRange(320, 480), "0.25 of those that are there");
        Assert.That(fates, Has.None.Matches<NodeFate>(f => f is { IsAway: true, Fails: true }));
        Assert.That(fates.Select(f => f.Delay.TotalMilliseconds), Is.All.EqualTo(7));
        Assert.That(availability.Of(9, 3, 3), Is.EqualTo(Read("{3: p_available=0.8 p_fail=0.25 delay_ms=7}").Of(9, 3, 3)));
        Assert.That(Enumerable.Range(1, 50).Select(e => availability.Of(e, 0, 1).IsAway), Is.Not.EqualTo(Enumerable.Range(1, 50).Select(e => availability.Of(e, 0, 2).IsAway)));
        Assert.That(
            Enumerable.Range(1, 50).Select(e => availability.Of(e, 0, 1).IsAway),
            Is.Not.EqualTo(Enumerable.Range(1, 50).Select(e => Availability.Read(availability.ToString(), 6, null, seed: 2).Of(e, 0, 1).IsAway)));
    }

    [TestCase("{all: p_available=2}", "--availability:1: p_available=2: takes a number from 0 to 1")]
    [TestCase("{all: p_fail=x}", "--availability:1: p_fail=x: takes a number from 0 to 1")]
    [TestCase("{all: delay_ms=-1}", "--availability:1: delay_ms=-1: takes a whole number from 0 to 3600000")]
    [TestCase("{all: 0.5}", "--availability:1: '0.5' is none of p_available=x, p_fail=x and delay_ms=n; lines are like ")]
    [TestCase("{fats: p_fail=1}", "--availability:1: there is no group 'fats'; use one of fast, slow, ids such as 1-3, or all")]
    [TestCase("{7: p_fail=1}", "--availability:1: '7' is no node: ids are from 1 to 6, the --num_nodes")]
    [TestCase("{3-1: p_fail=1}", "--availability:1: '3-1': the smaller id stands first")]
    [TestCase("{1-2-3: p_fail=1}", "--availability:1: '2-3' is no node")]
    [TestCase("{all: {p_fail: 1}}", "--availability:1: lines are like 'slow: p_available=0.8 p_fail=0.1 delay_ms=50'")]
    [TestCase("none.yaml", "--availability none.yaml: cannot be read")]
    public void What_is_wrong_is_one_line_with_its_place(string text, string message) =>
        Assert.That(() => Read(text), Throws.TypeOf<UserErrorException>().With.Message.StartsWith(message));

    [Test]
    public void Without_groups_ids_name_nodes() => Assert.That(
        () => Availability.Read("{slow: p_fail=1}", 6, groups: null, seed: 1),
        Throws.TypeOf<UserErrorException>().With.Message.EqualTo("--availability:1: 'slow': there are no groups; give --groups, or ids such as 1-3, or all"));

    private static Availability Read(string text) => Availability.Read(text, 6, Groups, seed: 1);
}
