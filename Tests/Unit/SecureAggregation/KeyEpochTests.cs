using TraversalLearning.Messages;
using TraversalLearning.SecureAggregation;

namespace TraversalLearning.Tests.Unit.SecureAggregation;

/// <summary>Masks: they cancel, come off, and are never used twice.</summary>
public sealed class KeyEpochTests
{
    private static readonly StepId Step = new(1, 2, 0);

    private static IEnumerable<TestCaseData> OtherStreams()
    {
        yield return Case("epoch", Step with { Epoch = 2 }, MaskUse.Gradient);
        yield return Case("batch", Step with { Batch = 3 }, MaskUse.Gradient);
        yield return Case("attempt", Step with { Attempt = 1 }, MaskUse.Gradient);
        yield return Case("use", Step, MaskUse.Step);
        yield return Case("other use", Step, MaskUse.Evaluation);
    }

    [Test]
    public void Masks_of_all_participants_cancel(
        [Values(2, 3, 5, 20)] int nodes, [Values(0, 1, 2, 4, 5)] int neighbours, [Values(1, 7, 64, 8191, 8192, 8193, 20_001)] int length)
    {
        using Crew crew = Crew.Of(nodes);
        uint[] sum = new uint[length];
        ulong[] wideSum = new ulong[length];
        foreach (KeyEpoch node in crew.Nodes)
        {
            uint[] values = [.. Enumerable.Range(0, length).Select(i => (uint)i)];
            ulong[] wide = [.. Enumerable.Range(0, length).Select(i => (ulong)i)];
            node.AddPairMasks(Step, MaskUse.Gradient, crew.Ids, neighbours, values);
            node.AddPairMasks(Step, MaskUse.Gradient, crew.Ids, neighbours, wide);
            Assert.That(length < 64 || (AreNoise(values) && AreNoise(wide)), Is.True);
            for (int i = 0; i < length; i++)
            {
                sum[i] += values[i];
                wideSum[i] += wide[i];
            }
        }

        Assert.That(sum, Is.EqualTo(Enumerable.Range(0, length).Select(i => (uint)(i * nodes))));
        Assert.That(wideSum, Is.EqualTo(Enumerable.Range(0, length).Select(i => (ulong)(i * nodes))));

        // Small values would show as leading zeros.
        static bool AreNoise<T>(T[] values)
            where T : System.Numerics.IBinaryInteger<T> => values.Count(v => T.LeadingZeroCount(v) > T.CreateChecked(8)) < values.Length / 8;
    }

    [Test]
    public void Masks_of_some_of_the_nodes_cancel([Values(0, 2)] int neighbours)
    {
        using Crew crew = Crew.Of(20);
        int[] present = [0, 3, 4, 9, 15, 19];
        int[] ids = [.. present.Select(i => crew.Ids[i])];
        uint[] sum = new uint[100];
        foreach (int i in present)
        {
            crew.Nodes[i].AddPairMasks(Step, MaskUse.Gradient, ids, neighbours, sum);
        }

        Assert.That(sum, Is.All.Zero);
    }

    [Test]
    public void The_groups_mask_comes_off_at_any_node()
    {
        using Crew crew = Crew.Of(3);
        uint[] values = new uint[10_001];
        ulong[] wide = new ulong[10_001];
        crew.Nodes[0].AddGroupMask(Step, MaskUse.Gradient, values);
        crew.Nodes[0].AddGroupMask(Step, MaskUse.Gradient, wide);
        Assert.That(values, Has.Some.GreaterThan(1u << 31));
        crew.Nodes[2].SubtractGroupMask(Step, MaskUse.Gradient, values);
        crew.Nodes[2].SubtractGroupMask(Step, MaskUse.Gradient, wide);
        Assert.That(values, Is.All.Zero);
        Assert.That(wide, Is.All.Zero);
    }

    [Test]
    public void The_same_call_gives_the_same_bytes()
    {
        using Crew crew = Crew.Of(3);
        Assert.That(PairMask(crew, Step, MaskUse.Gradient), Is.EqualTo(PairMask(crew, Step, MaskUse.Gradient)));
        Assert.That(GroupMask(crew, Step, MaskUse.Gradient), Is.EqualTo(GroupMask(crew, Step, MaskUse.Gradient)));
        Assert.That(crew.Nodes[0].TagPoint(Step), Is.EqualTo(crew.Nodes[1].TagPoint(Step)).And.InRange(1, SumTag.Modulus - 1));
    }

    [TestCaseSource(nameof(OtherStreams))]
    public void Masks_are_others_for_another(StepId step, MaskUse use)
    {
        using Crew crew = Crew.Of(3);
        Assert.That(PairMask(crew, step, use), Is.Not.EqualTo(PairMask(crew, Step, MaskUse.Gradient)));
        Assert.That(GroupMask(crew, step, use), Is.Not.EqualTo(GroupMask(crew, Step, MaskUse.Gradient)));
        Assert.That(step == Step || crew.Nodes[0].TagPoint(step) != crew.Nodes[0].TagPoint(Step), Is.True);
    }

    [Test]
    public void Masks_are_others_in_another_key_epoch_of_the_same_group()
    {
        using Crew one = Crew.Of(3), two = new(one.Ids, GroupKey.Load(Crew.Run, one.Group.Bytes));
        Assert.That(two.Group.Id, Is.EqualTo(one.Group.Id));
        Assert.That(two.Roster.Transcript, Is.Not.EqualTo(one.Roster.Transcript));
        Assert.That(PairMask(two, Step, MaskUse.Gradient), Is.Not.EqualTo(PairMask(one, Step, MaskUse.Gradient)));
        Assert.That(GroupMask(two, Step, MaskUse.Gradient), Is.Not.EqualTo(GroupMask(one, Step, MaskUse.Gradient)));
        Assert.That(two.Nodes[0].TagPoint(Step), Is.Not.EqualTo(one.Nodes[0].TagPoint(Step)));
    }

    [Test]
    public void Masks_are_others_for_other_participants_degrees_and_widths()
    {
        using Crew crew = Crew.Of(6);
        KeyEpoch node = crew.Nodes[0];
        uint[] two = new uint[4], three = new uint[4], four = new uint[4];
        ulong[] wide = new ulong[2];
        node.AddPairMasks(Step, MaskUse.Gradient, crew.Ids.AsSpan(0, 2), 0, two);
        node.AddPairMasks(Step, MaskUse.Gradient, crew.Ids.AsSpan(0, 2), 0, wide);
        Assert.That(System.Runtime.InteropServices.MemoryMarshal.AsBytes<uint>(two).SequenceEqual(System.Runtime.InteropServices.MemoryMarshal.AsBytes<ulong>(wide)), Is.False);

        // If the mask with the second node were the same, what is left here would be the mask with the third, and equal below.
        node.AddPairMasks(Step, MaskUse.Gradient, crew.Ids.AsSpan(0, 3), 0, three);
        node.AddPairMasks(Step, MaskUse.Gradient, [crew.Ids[0], crew.Ids[2]], 0, four);
        Assert.That(Enumerable.Range(0, 4).Select(i => three[i] - two[i]), Is.Not.EqualTo(four));
    }

    [Test]
    public void Participants_must_be_ascending_known_and_include_the_node()
    {
        using Crew crew = new(1, 2, 3);
        foreach (int[] wrong in (int[][])[[2, 1], [1, 1], [2, 3], [1, 4], []])
        {
            Assert.Throws<ArgumentException>((Action)(() => crew.Nodes[0].AddPairMasks(Step, MaskUse.Gradient, wrong, 0, new uint[1])), string.Join(' ', wrong));
        }
    }

    [Test]
    public void Without_the_groups_key_there_is_no_group_mask()
    {
        using EphemeralKey one = EphemeralKey.Create(), two = EphemeralKey.Create();
        var roster = new KeyRoster(Crew.Run, [KeyOffer.Create(1, Crew.Run, one, null), KeyOffer.Create(2, Crew.Run, two, null)]);
        using var node = new KeyEpoch(1, one, roster);
        Assert.Throws<InvalidOperationException>((Action)(() => node.AddGroupMask(Step, MaskUse.Gradient, new uint[1])));
        Assert.Throws<InvalidOperationException>((Action)(() => node.TagPoint(Step)));
        using GroupKey other = GroupKey.Create("run 2");
        Assert.Throws<ArgumentException>((Action)(() => node.Use(other)));
    }

    [Test]
    public void A_disposed_epoch_masks_nothing()
    {
        Crew crew = Crew.Of(2);
        crew.Dispose();
        Assert.Throws<ObjectDisposedException>((Action)(() => PairMask(crew, Step, MaskUse.Gradient)));
        Assert.Throws<ObjectDisposedException>((Action)(() => GroupMask(crew, Step, MaskUse.Gradient)));
    }

    [Test]
    public void A_roster_with_another_key_for_this_node_is_refused()
    {
        using EphemeralKey own = EphemeralKey.Create(), strange = EphemeralKey.Create(), other = EphemeralKey.Create();
        var roster = new KeyRoster(Crew.Run, [KeyOffer.Create(1, Crew.Run, strange, null), KeyOffer.Create(2, Crew.Run, other, null)]);
        Assert.That(() => new KeyEpoch(1, own, roster), Throws.TypeOf<KeyExchangeException>().With.Message.Contains("node 1, this node, is not its own"));
        Assert.That(() => new KeyEpoch(3, own, roster), Throws.TypeOf<KeyExchangeException>().With.Message.EqualTo("there is no key of node 3"));
    }

    private static uint[] PairMask(Crew crew, StepId step, MaskUse use)
    {
        uint[] values = new uint[8];
        crew.Nodes[0].AddPairMasks(step, use, crew.Ids.AsSpan(0, 2), 0, values);
        return values;
    }

    private static uint[] GroupMask(Crew crew, StepId step, MaskUse use)
    {
        uint[] values = new uint[8];
        crew.Nodes[0].AddGroupMask(step, use, values);
        return values;
    }

    private static TestCaseData Case(string name, StepId step, MaskUse use) => new TestCaseData(step, use).SetArgDisplayNames(name);
}
