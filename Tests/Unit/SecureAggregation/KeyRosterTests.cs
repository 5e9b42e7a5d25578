using TraversalLearning.SecureAggregation;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.SecureAggregation;

/// <summary>The offers of all nodes, and bytes that should be some.</summary>
public sealed class KeyRosterTests
{
    [Test]
    public void It_reads_back()
    {
        KeyRoster roster = Signed(3, 1, 2);
        KeyRoster read = KeyRoster.Parse(Crew.Run, roster.ToBytes());
        Assert.That(read.NodeIds, Is.EqualTo((int[])[1, 2, 3]));
        Assert.That((read.ToBytes(), read.Transcript), Is.EqualTo((roster.ToBytes(), roster.Transcript)));
        Assert.That(read.OfferOf(2).Signature, Is.EqualTo(roster.OfferOf(2).Signature));
        Assert.That((read.IsSigned, new Crew(1, 2).Roster.IsSigned), Is.EqualTo((true, false)));
        Assert.That(() => read.OfferOf(4), Throws.TypeOf<KeyExchangeException>());
    }

    [Test]
    public void Its_transcript_is_that_of_its_run_and_keys()
    {
        KeyRoster roster = new Crew(1, 2).Roster;
        string[] transcripts = [Of(roster), Of(new KeyRoster("run 2", Offers(roster))), Of(new Crew(1, 2).Roster), Of(new KeyRoster(Crew.Run, [.. Offers(roster), .. Offers(new Crew(3, 4).Roster)]))];
        Assert.That(transcripts, Is.Unique);

        static string Of(KeyRoster roster) => Convert.ToHexString(roster.Transcript);
    }

    [Test]
    public void It_verifies_every_offer()
    {
        using var authority = new TestAuthority();
        KeyRoster good = Signed(authority, 1, 2, 3);
        good.Verify(authority.Trusted);
        KeyOffer unsigned = good.OfferOf(2) with { Certificates = [], Signature = [] };
        var bad = new KeyRoster(Crew.Run, [good.OfferOf(1), unsigned, good.OfferOf(3)]);
        bad.Verify(authority: null);
        Assert.That(bad.IsSigned, Is.False);
        Assert.That(() => bad.Verify(authority.Trusted), Throws.TypeOf<KeyExchangeException>().With.Message.StartsWith("the key of node 2 is not accepted: it is not signed"));
    }

    [Test]
    public void Two_distinct_nodes_at_least_with_distinct_keys_make_one()
    {
        IReadOnlyList<KeyOffer> offers = Offers(new Crew(1, 2).Roster);
        AssertRefused([offers[0]], "masks need the keys of 2 to 4096 nodes, not of 1");
        AssertRefused([offers[0], offers[1], offers[0] with { PublicKey = [] }], "node 1 offers two keys");
        AssertRefused([offers[0], offers[0] with { NodeId = 2 }], "two nodes offer the same key");

        static void AssertRefused(KeyOffer[] offers, string text) =>
            Assert.That(() => new KeyRoster(Crew.Run, offers), Throws.TypeOf<KeyExchangeException>().With.Message.EqualTo(text));
    }

    [Test]
    public void Nodes_out_of_order_are_malformed()
    {
        byte[] bytes = new Crew(1, 2).Roster.ToBytes();
        int each = (bytes.Length - 4) / 2;
        byte[] exchanged = [.. bytes[..4], .. bytes[(4 + each)..], .. bytes[4..(4 + each)]];
        Assert.That(() => KeyRoster.Parse(Crew.Run, exchanged), Throws.TypeOf<KeyExchangeException>().With.Message.Contains("not in ascending order"));
    }

    [Test]
    public void Every_truncation_is_malformed()
    {
        byte[] bytes = Signed(1, 2).ToBytes();
        for (int length = 0; length < bytes.Length; length++)
        {
            Assert.That(() => KeyRoster.Parse(Crew.Run, bytes.AsSpan(0, length)), Throws.TypeOf<KeyExchangeException>(), $"{length} bytes");
        }

        Assert.That(() => KeyRoster.Parse(Crew.Run, [.. bytes, 0]), Throws.TypeOf<KeyExchangeException>().With.Message.EqualTo("malformed key roster: 1 bytes follow it"));
    }

    [Test]
    public void Changed_bytes_are_refused_or_read_but_nothing_else()
    {
        using var authority = new TestAuthority();
        byte[] bytes = Signed(authority, 1, 2).ToBytes();
        var random = new Random(1);
        int accepted = 0;
        for (int i = 0; i < 5000; i++)
        {
            byte[] changed = [.. bytes];
            int changes = random.Next(1, 4);
            for (int c = 0; c < changes; c++)
            {
                // Half of the changes hit lengths and ids in front.
                changed[random.Next(random.Next(2) == 0 ? 110 : bytes.Length)] = (byte)random.Next(256);
            }

            if (!changed.AsSpan().SequenceEqual(bytes) && IsAccepted(changed, authority))
            {
                accepted++;
            }
        }

        Assert.That(accepted, Is.Zero);
    }

    private static bool IsAccepted(byte[] bytes, TestAuthority authority)
    {
        try
        {
            KeyRoster.Parse(Crew.Run, bytes).Verify(authority.Trusted);
            return true;
        }
        catch (KeyExchangeException)
        {
            return false;
        }
    }

    private static KeyOffer[] Offers(KeyRoster roster) => [.. roster.NodeIds.Select(roster.OfferOf)];

    private static KeyRoster Signed(params int[] ids)
    {
        using var authority = new TestAuthority();
        return Signed(authority, ids);
    }

    private static KeyRoster Signed(TestAuthority authority, params int[] ids) => new(Crew.Run, [.. ids.Select(id => Offer(authority, id))]);

    private static KeyOffer Offer(TestAuthority authority, int id)
    {
        using var key = EphemeralKey.Create();
        return KeyOffer.Create(id, Crew.Run, key, authority.Issue(TestAuthority.NodeShape(id)));
    }
}
