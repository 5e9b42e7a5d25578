using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using TraversalLearning.Messages;
using TraversalLearning.Security;
using TraversalLearning.SecureAggregation;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.SecureAggregation;

/// <summary>Keys, masks and sealed bytes against those that a Python program made from the protocol's text.</summary>
public sealed class GoldenMaskTests
{
    private static readonly JsonElement Vectors = Golden.Json("secure_aggregation.json");
    private static readonly string Run = Vectors.GetProperty("run").GetString()!;
    private static readonly int[] Ids = [.. Vectors.GetProperty("ids").EnumerateArray().Select(i => i.GetInt32())];
    private static readonly StepId Step = ReadStep();

    [Test]
    public void The_roster_and_its_transcript_have_the_golden_bytes()
    {
        Assert.That(Roster().ToBytes(), Is.EqualTo(Vectors.Hex("roster")));
        Assert.That(KeyRoster.Parse(Run, Vectors.Hex("roster")).Transcript, Is.EqualTo(Vectors.Hex("transcript")));
    }

    [Test]
    public void Three_nodes_send_the_golden_words_of_32_bits()
    {
        JsonElement golden = Vectors.GetProperty("masks_32");
        uint[] sum = new uint[golden.GetProperty("sum").GetArrayLength()];
        ulong tags = 0;
        for (int n = 0; n < Ids.Length; n++)
        {
            using KeyEpoch node = Node(Ids[n]);
            Assert.That(node.TagPoint(Step), Is.EqualTo(golden.GetProperty("point").GetUInt64()));
            int[] values = [.. golden.GetProperty("values")[n].EnumerateArray().Select(v => v.GetInt32())];
            uint[] words = [.. values.Select(v => (uint)v), .. new uint[SumTag.Words]];
            ulong tag = SumTag.Of(values, node.TagPoint(Step));
            tags = SumTag.Add(tags, tag);
            SumTag.Split(tag, words.AsSpan(values.Length));
            Assert.That(words, Is.EqualTo(golden.GetProperty("with_tags")[n].EnumerateArray().Select(v => (uint)v.GetInt64())));
            Mask(node, Ids[n], words);
            Assert.That(words, Is.EqualTo(golden.GetProperty("sent")[n].EnumerateArray().Select(v => v.GetUInt32())));
            sum = [.. sum.Zip(words, (a, b) => a + b)];
        }

        Assert.That(sum, Is.EqualTo(golden.GetProperty("sum").EnumerateArray().Select(v => v.GetUInt32())));
        Assert.That(tags, Is.EqualTo(golden.GetProperty("tag_of_sum").GetUInt64()));
        using KeyEpoch last = Node(Ids[^1]);
        last.SubtractGroupMask(Step, MaskUse.Gradient, sum);
        Assert.That(sum, Is.EqualTo(golden.GetProperty("unmasked_sum").EnumerateArray().Select(v => v.GetUInt32())));
        Assert.That(SumTag.Join<uint>(sum.AsSpan(sum.Length - SumTag.Words)), Is.EqualTo(tags));
    }

    [Test]
    public void Three_nodes_send_the_golden_words_of_64_bits()
    {
        JsonElement golden = Vectors.GetProperty("masks_64");
        for (int n = 0; n < Ids.Length; n++)
        {
            using KeyEpoch node = Node(Ids[n]);
            ulong[] words = [.. golden.GetProperty("with_tags")[n].EnumerateArray().Select(v => (ulong)v.GetInt64())];
            node.AddPairMasks(Step, MaskUse.Gradient, Ids, 0, words);
            if (n == 0)
            {
                node.AddGroupMask(Step, MaskUse.Gradient, words);
            }

            Assert.That(words, Is.EqualTo(golden.GetProperty("sent")[n].EnumerateArray().Select(v => v.GetUInt64())));
        }
    }

    [Test]
    public void The_groups_key_is_unwrapped_opens_and_authenticates()
    {
        using KeyEpoch one = Node(1), five = Node(5);
        using GroupKey group = five.Unwrap(1, Vectors.Hex("wrapped_by_1_for_5")), same = one.Unwrap(5, Vectors.Hex("wrapped_by_5_for_1"));
        Assert.That(group.Bytes.ToArray(), Is.EqualTo(Vectors.Hex("group")).And.EqualTo(same.Bytes.ToArray()));
        Assert.That(group.Id, Is.EqualTo(Vectors.GetProperty("group_id").GetString()));
        Assert.That(group.Open(Vectors.Hex("sealed"), Vectors.Hex("associated")), Is.EqualTo(Vectors.Hex("plaintext")));
        Assert.That(group.Authenticate(Vectors.GetProperty("label").GetString()!, "data"u8), Is.EqualTo(Vectors.Hex("hash")));
    }

    [Test]
    public void Segments_open()
    {
        byte[] golden = Vectors.Hex("sealed_in_segments_of_5");
        byte[] key = new byte[32];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, Vectors.Hex("group"), key, golden.AsSpan(0, 32), [.. "TLW1 group seal"u8, .. System.Text.Encoding.UTF8.GetBytes(Run)]);
        using var cipher = new SegmentCipher(key, segment: 5);
        Assert.That(cipher.Open(golden.AsSpan(32), Vectors.Hex("associated")), Is.EqualTo(Vectors.Hex("plaintext")));
    }

    [Test]
    public void The_ring_has_the_golden_order()
    {
        JsonElement golden = Vectors.GetProperty("ring");
        int[] ids = [.. golden.GetProperty("ids").EnumerateArray().Select(i => i.GetInt32())];
        int[] order = [.. golden.GetProperty("order").EnumerateArray().Select(i => i.GetInt32())];
        var graph = new MaskGraph(ids, golden.Hex("transcript"));
        for (int i = 0; i < order.Length; i++)
        {
            Assert.That(graph.NeighboursOf(order[i], ids, degree: 2), Is.EquivalentTo((int[])[order[(i + 1) % order.Length], order[(i + order.Length - 1) % order.Length]]));
        }
    }

    [Test]
    public void A_golden_signature_is_accepted()
    {
        JsonElement golden = Vectors.GetProperty("signed");
        KeyOffer offer = KeyOffer.Parse(golden.Hex("offer"));
        offer.Verify(Run, new TrustedAuthority([X509CertificateLoader.LoadCertificate(golden.Hex("authority"))]));
        Assert.That((offer.NodeId, offer.IsSigned), Is.EqualTo((5, true)));
    }

    private static void Mask(KeyEpoch node, int id, uint[] words)
    {
        node.AddPairMasks(Step, MaskUse.Gradient, Ids, 0, words);
        if (id == Ids[0])
        {
            node.AddGroupMask(Step, MaskUse.Gradient, words);
        }
    }

    private static KeyEpoch Node(int id)
    {
        using EphemeralKey key = Key(id);
        var node = new KeyEpoch(id, key, Roster());
        node.Use(GroupKey.Load(Run, Vectors.Hex("group")));
        return node;
    }

    private static KeyRoster Roster() => new(Run, [.. Ids.Reverse().Select(Offer)]);

    private static KeyOffer Offer(int id)
    {
        using EphemeralKey key = Key(id);
        return KeyOffer.Create(id, Run, key, identity: null);
    }

    private static EphemeralKey Key(int id) =>
        new(ECDiffieHellman.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = Vectors.GetProperty("private_keys").Hex($"{id}") }));

    private static StepId ReadStep()
    {
        JsonElement step = Vectors.GetProperty("step");
        return new StepId(step[0].GetInt32(), step[1].GetInt32(), step[2].GetInt32());
    }
}
