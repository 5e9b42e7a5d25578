using System.Security.Cryptography;
using System.Text;
using TraversalLearning.Security;

namespace TraversalLearning.SecureAggregation;

/// <summary>
/// The offers of all nodes in one key epoch, by ascending id. As bytes: number of offers (4), then for each its length (4) and its
/// bytes (<see cref="KeyOffer"/>), little-endian.
/// </summary>
public sealed class KeyRoster
{
    /// <summary>Most nodes in a key epoch.</summary>
    public const int MaxOffers = 4096;

    private readonly Dictionary<int, KeyOffer> _offers;

    /// <summary>Makes a roster of offers in any order.</summary>
    /// <exception cref="KeyExchangeException">There are fewer than two, or two by one node, or two with one key.</exception>
    public KeyRoster(string run, IReadOnlyList<KeyOffer> offers)
    {
        Run = run;
        NodeIds = [.. offers.Select(o => o.NodeId).Order()];
        if (offers.Count is < 2 or > MaxOffers)
        {
            throw new KeyExchangeException($"masks need the keys of 2 to {MaxOffers} nodes, not of {offers.Count}");
        }

        RequireDistinct(offers.GroupBy(o => o.NodeId), id => $"node {id} offers two keys");
        RequireDistinct(offers.GroupBy(o => Convert.ToHexString(o.PublicKey), StringComparer.Ordinal), _ => "two nodes offer the same key");
        _offers = offers.ToDictionary(o => o.NodeId);
        Transcript = SHA256.HashData([.. "TLW1 key roster"u8, .. LittleEndian.Of(Encoding.UTF8.GetByteCount(run)), .. Encoding.UTF8.GetBytes(run), .. ToBytes()]);
    }

    /// <summary>The run that the keys are for.</summary>
    public string Run { get; }

    /// <summary>The nodes, ascending.</summary>
    public IReadOnlyList<int> NodeIds { get; }

    /// <summary>
    /// SHA-256 over "TLW1 key roster", length of the run (4), run (UTF-8), <see cref="ToBytes"/>. Two key epochs never have the
    /// same, since each node's key is fresh.
    /// </summary>
    public byte[] Transcript { get; }

    /// <summary>Whether every node's key is signed.</summary>
    public bool IsSigned => _offers.Values.All(o => o.IsSigned);

    /// <summary>Reads the bytes of <see cref="ToBytes"/>. Nothing is verified but lengths and order.</summary>
    /// <exception cref="KeyExchangeException">They are malformed.</exception>
    public static KeyRoster Parse(string run, ReadOnlySpan<byte> bytes)
    {
        var reader = new ByteReader(bytes, "key roster");
        int count = reader.Int32();
        if (count is < 0 or > MaxOffers)
        {
            throw reader.Malformed($"{count} offers, {MaxOffers} at most");
        }

        var offers = new List<KeyOffer>();
        for (int i = 0; i < count; i++)
        {
            KeyOffer offer = KeyOffer.Parse(reader.Part(reader.Int32()));
            if (i > 0 && offer.NodeId <= offers[^1].NodeId)
            {
                throw reader.Malformed("its nodes are not in ascending order");
            }

            offers.Add(offer);
        }

        reader.RequireEnd();
        return new KeyRoster(run, offers);
    }

    /// <summary>The offer of a node of <see cref="NodeIds"/>.</summary>
    /// <exception cref="KeyExchangeException">The node has none.</exception>
    public KeyOffer OfferOf(int id) => _offers.TryGetValue(id, out KeyOffer? offer) ? offer : throw new KeyExchangeException($"there is no key of node {id}");

    /// <summary>Verifies every offer (<see cref="KeyOffer.Verify"/>).</summary>
    /// <exception cref="KeyExchangeException">One is not acceptable; the message names the node.</exception>
    public void Verify(TrustedAuthority? authority)
    {
        foreach (int id in NodeIds)
        {
            _offers[id].Verify(Run, authority);
        }
    }

    /// <summary>The roster as bytes; the same offers always have the same.</summary>
    public byte[] ToBytes()
    {
        IEnumerable<byte[]> offers = NodeIds.Select(id => _offers[id].ToBytes());
        return [.. LittleEndian.Of(NodeIds.Count), .. offers.SelectMany(o => (byte[])[.. LittleEndian.Of(o.Length), .. o])];
    }

    private static void RequireDistinct<TKey>(IEnumerable<IGrouping<TKey, KeyOffer>> groups, Func<TKey, string> problem)
    {
        if (groups.FirstOrDefault(g => g.Count() > 1) is { } doubled)
        {
            throw new KeyExchangeException(problem(doubled.Key));
        }
    }
}
