using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Options.Topologies;
using TraversalLearning.Orchestration.Training.Methods;

namespace TraversalLearning.Tests.Unit.Methods;

/// <summary>Which nodes a round asks where <c>--select</c> names groups.</summary>
public sealed class GroupSelectionTests
{
    private static readonly NodeGroups Groups = NodeGroups.Read("{fast: [5, 1], slow: [2, 3, 4], idle: [6]}", 6);

    // Node 6 holds no samples.
    private static readonly int[] Counts = [10, 10, 10, 10, 10, 0];

    [Test]
    public void A_group_is_asked_as_a_whole()
    {
        NodeSelector selector = Selector("group:slow");
        Assert.That(Enumerable.Range(1, 5).Select(e => selector.Select(new Round(e, 0))), Is.All.EqualTo((int[])[2, 3, 4]));
    }

    [Test]
    public void Of_a_group_a_share_is_asked_at_random()
    {
        NodeSelector selector = Selector("group:slow", 0.3);
        int[][] asked = [.. Enumerable.Range(1, 60).Select(e => selector.Select(new Round(e, 0)).ToArray())];
        Assert.That(asked, Has.All.Length.EqualTo(1));
        Assert.That(asked.Select(a => a[0]).Distinct().Order(), Is.EqualTo((int[])[2, 3, 4]));
        Assert.That(asked[7], Is.EqualTo(Selector("group:slow", 0.3).Select(new Round(8, 0))), "by seed and round alone");
    }

    [Test]
    public void Groups_take_turns_but_for_those_without_samples()
    {
        NodeSelector selector = Selector("groups");
        Assert.That(selector.Select(new Round(1, 0)), Is.EqualTo((int[])[1, 5]));
        Assert.That(selector.Select(new Round(2, 0)), Is.EqualTo((int[])[2, 3, 4]));
        Assert.That(selector.Select(new Round(3, 0)), Is.EqualTo((int[])[1, 5]));
        Assert.That(selector.Select(new Round(1, 1)), Is.EqualTo((int[])[2, 3, 4]), "also within an epoch");
    }

    [TestCase("group:middle", "--select group:middle: there is no such group; use one of group:fast, group:slow, group:idle")]
    [TestCase("group:idle", "--select: none of the nodes that it names holds samples")]
    [TestCase("some", "--select some: there is no such rule; use one of random|all|group:NAME|groups")]
    public void What_cannot_be_is_said(string select, string message) =>
        Assert.That(() => Selector(select).Select(new Round(1, 0)), Throws.TypeOf<UserErrorException>().With.Message.EqualTo(message));

    [TestCase("groups")]
    [TestCase("group:fast")]
    public void Without_groups_there_is_nothing_to_select(string select) =>
        Assert.That(() => NodeSelector.Require(select, groups: null), Throws.TypeOf<UserErrorException>().With.Message.EqualTo($"--select {select} needs --groups"));

    private static NodeSelector Selector(string select, double fraction = 1) => new(NodeSelector.Require(select, Groups), fraction, Counts, seed: 4);
}
