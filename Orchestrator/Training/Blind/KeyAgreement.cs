using TraversalLearning.Hosting;
using TraversalLearning.Messages;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.SecureAggregation;
using TraversalLearning.Tensors;

namespace TraversalLearning.Orchestration.Training.Blind;

/// <summary>The keys that nodes have agreed on, as far as the orchestrator may know.</summary>
/// <param name="KeyEpoch">Names the key epoch.</param>
/// <param name="GroupKey">The id of the run's key.</param>
/// <param name="IsSigned">Whether every node's offer is signed.</param>
/// <param name="Consents">The nodes' consents that the model is revealed; empty strings for none.</param>
internal sealed record KeyAgreement(string KeyEpoch, string GroupKey, bool IsSigned, IReadOnlyDictionary<int, string> Consents)
{
    private const int MaxWrapped = 128;
    private const int ConsentDigits = 64;

    /// <summary>Passes on the nodes' offers and the run's key, which one of them wraps for the others.</summary>
    /// <param name="nodes">The nodes.</param>
    /// <param name="run">The run.</param>
    /// <param name="groupKey">The id of the run's key, if it has one.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns><see langword="null"/> if a node was started anew meanwhile, so that all have to begin again.</returns>
    /// <exception cref="UserErrorException">No node has the run's key.</exception>
    public static async Task<KeyAgreement?> TryAsync(BlindNodes nodes, string run, string? groupKey, CancellationToken cancellationToken)
    {
        int[] present = await nodes.PresentAsync(cancellationToken);
        var offers = new KeyOffer[present.Length];
        string[] keys = new string[present.Length];
        Verdict verdict = await nodes.AskAsync(
            present,
            async (node, link, token) =>
            {
                var blob = new ReceivedBlob(KeyOffer.MaxLength);
                KeyOffered offered = await link.RequestAsync<KeyQuery, KeyOffered>(new KeyQuery(), default, [ExpectedTensor.OfBytes(blob)], token);
                int index = Array.IndexOf(present, node);
                (offers[index], keys[index]) = (ParseOffer(node, blob.Bytes), offered.GroupKey);
            },
            cancellationToken);
        if (verdict != Verdict.Done)
        {
            return null;
        }

        int maker = MakerOf(present, keys, groupKey);
        KeyRoster roster = RosterOf(run, offers);
        var replies = new Dictionary<int, KeyAgreed>();
        byte[] rosterBytes = roster.ToBytes();
        var shares = new ReceivedBlob(MaxWrapped * present.Length);
        verdict = await AgreeAsync(nodes, [maker], _ => [rosterBytes], maker, present.Length > 1 ? shares : null, replies, cancellationToken);
        int[] others = [.. present.Where(n => n != maker)];
        if (verdict == Verdict.Done && others.Length > 0)
        {
            int length = shares.Bytes.Length / others.Length;
            verdict = await AgreeAsync(
                nodes,
                others,
                node => [rosterBytes, shares.Bytes.AsMemory(Array.IndexOf(others, node) * length, length).ToArray()],
                maker,
                shares: null,
                replies,
                cancellationToken);
        }

        if (verdict != Verdict.Done)
        {
            return null;
        }

        KeyAgreed first = replies[maker];
        return replies.Values.All(r => r.KeyEpoch == first.KeyEpoch && r.GroupKey == first.GroupKey)
            ? new KeyAgreement(first.KeyEpoch, first.GroupKey, roster.IsSigned, replies.ToDictionary(r => r.Key, r => r.Value.Consent))
            : throw new UserErrorException(ExitCode.TrainingFailed, "the nodes did not agree on the same keys");
    }

    private static KeyOffer ParseOffer(int node, byte[] bytes)
    {
        try
        {
            var offer = KeyOffer.Parse(bytes);
            return offer.NodeId == node ? offer : throw new Transport.ConnectionLostException($"node {node} offered a key of node {offer.NodeId}");
        }
        catch (KeyExchangeException e)
        {
            throw new Transport.ConnectionLostException($"node {node} offered a malformed key: {e.Message}", e);
        }
    }

    private static KeyRoster RosterOf(string run, KeyOffer[] offers)
    {
        try
        {
            return new KeyRoster(run, offers);
        }
        catch (KeyExchangeException e)
        {
            throw new UserErrorException(ExitCode.TrainingFailed, $"the nodes cannot agree on keys: {e.Message}");
        }
    }

    /// <summary>The node that has the run's key; for a new run the first.</summary>
    private static int MakerOf(int[] present, string[] keys, string? groupKey)
    {
        int index = groupKey is null ? Math.Max(Array.FindIndex(keys, k => k.Length > 0), 0) : Array.IndexOf(keys, groupKey);
        return index >= 0
            ? present[index]
            : throw new UserErrorException(
                ExitCode.NodeLost, "no node has the key of this run, so that nobody can open its checkpoint: start the nodes with the --state_dir that they had");
    }

    private static Task<Verdict> AgreeAsync(
        BlindNodes nodes,
        int[] asked,
        Func<int, byte[][]> blobs,
        int maker,
        ReceivedBlob? shares,
        Dictionary<int, KeyAgreed> replies,
        CancellationToken cancellationToken) => nodes.AskAsync(
        asked,
        async (node, link, token) =>
        {
            EncodedTensor[] tensors = [.. blobs(node).Select(b => EncodedTensor.OfBytes(b))];
            KeyAgreed reply = await link.RequestAsync<KeyRound, KeyAgreed>(new KeyRound(maker), tensors, shares is null ? [] : [ExpectedTensor.OfBytes(shares)], token);
            if (reply.Consent.Length is not (0 or ConsentDigits) || !reply.Consent.All(char.IsAsciiHexDigitLower))
            {
                throw new Transport.ConnectionLostException($"node {node} sent a malformed consent");
            }

            lock (replies)
            {
                replies[node] = reply;
            }
        },
        cancellationToken);
}
