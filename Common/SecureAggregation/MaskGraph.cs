using System.Security.Cryptography;

namespace TraversalLearning.SecureAggregation;

/// <summary>
/// Which pairs of nodes share masks: all of them or, with k neighbours (made even upwards) and more than k + 1 participants, those at
/// most k/2 apart on a ring. The ring has the participants in the order of SHA-256(transcript, id (4, little-endian)), so everybody
/// derives the same graph. It is k-regular, symmetric and connected.
/// </summary>
internal sealed class MaskGraph
{
    private readonly Dictionary<int, int> _place;

    /// <summary>Puts the nodes of a key epoch in order.</summary>
    public MaskGraph(IReadOnlyList<int> ids, byte[] transcript)
    {
        IEnumerable<int> order = ids.OrderBy(id => Convert.ToHexString(SHA256.HashData([.. transcript, .. LittleEndian.Of(id)])), StringComparer.Ordinal);
        _place = order.Select((id, place) => (id, place)).ToDictionary(p => p.id, p => p.place);
    }

    /// <summary>The neighbours that each participant has; 0 for all others.</summary>
    public static int Degree(int participants, int neighbours)
    {
        int even = neighbours + (neighbours % 2);
        return even > 0 && participants > even + 1 ? even : 0;
    }

    /// <summary>The nodes with which a participant shares masks.</summary>
    /// <param name="id">The participant.</param>
    /// <param name="participants">All of them.</param>
    /// <param name="degree">By <see cref="Degree"/>.</param>
    public int[] NeighboursOf(int id, ReadOnlySpan<int> participants, int degree)
    {
        int[] ring = participants.ToArray();
        if (degree == 0)
        {
            return [.. ring.Where(other => other != id)];
        }

        Array.Sort(ring, (a, b) => _place[a].CompareTo(_place[b]));
        int own = Array.IndexOf(ring, id);
        return [.. Enumerable.Range(1, degree / 2).SelectMany(d => (int[])[ring[(own + d) % ring.Length], ring[(own - d + ring.Length) % ring.Length]])];
    }
}
