using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using TraversalLearning.Messages;
using TraversalLearning.SecureAggregation;

namespace TraversalLearning.Nodes.Blind;

/// <summary>A node's keys of one key epoch, from its offer on.</summary>
internal sealed class BlindKeys : IDisposable
{
    private const string ConsentLabel = "reveal";
    private const int ConsentLength = 32;

    private readonly int _nodeId;
    private readonly string _run;
    private readonly BlindSettings _settings;
    private readonly EphemeralKey _ephemeral = EphemeralKey.Create();
    private KeyRoster? _roster;
    private KeyEpoch? _epoch;

    /// <summary>Begins a key epoch.</summary>
    /// <param name="nodeId">The node's id.</param>
    /// <param name="run">The run.</param>
    /// <param name="settings">The node's certificate and keys.</param>
    public BlindKeys(int nodeId, string run, BlindSettings settings)
    {
        (_nodeId, _run, _settings) = (nodeId, run, settings);
        Offer = KeyOffer.Create(nodeId, run, _ephemeral, settings.Identity);
    }

    /// <summary>What the node publishes.</summary>
    public KeyOffer Offer { get; }

    /// <summary>Whether the agreement is complete.</summary>
    public bool IsComplete => _epoch?.Group is not null;

    /// <summary>Whether every node's key is signed by its certificate, and this node has checked that.</summary>
    public bool IsSigned => _settings.Identity is not null && _roster is { IsSigned: true };

    /// <summary>Names the key epoch: 64 hexadecimal digits.</summary>
    public string Id => Convert.ToHexStringLower(_roster!.Transcript);

    private KeyEpoch Epoch => _epoch!;

    /// <summary>Completes the agreement.</summary>
    /// <param name="maker">The node that wraps the run's key.</param>
    /// <param name="offers">All offers.</param>
    /// <param name="share">The run's key, wrapped for this node; <see langword="null"/> for the maker.</param>
    /// <param name="nodeCount">Number of nodes of the run.</param>
    /// <returns>From the maker: the run's key, wrapped for each other node.</returns>
    /// <exception cref="KeyExchangeException">An offer or the share is not authentic.</exception>
    public byte[]? Agree(int maker, ReadOnlySpan<byte> offers, byte[]? share, int nodeCount)
    {
        var roster = KeyRoster.Parse(_run, offers);
        if (!roster.NodeIds.Contains(_nodeId) || !roster.OfferOf(_nodeId).ToBytes().AsSpan().SequenceEqual(Offer.ToBytes()))
        {
            throw new KeyExchangeException("the orchestrator passed on another public key than this node's own");
        }

        if (roster.NodeIds[^1] > nodeCount || roster.NodeIds[0] < 1)
        {
            throw new KeyExchangeException($"the orchestrator passed on keys of nodes that are not from 1 to {nodeCount}");
        }

        // A node with a certificate trusts certificates only: the orchestrator could make unsigned keys itself.
        roster.Verify(_settings.Identity is null ? null : _settings.Authority);
        _epoch?.Dispose();
        _epoch = new KeyEpoch(_nodeId, _ephemeral, roster);
        _roster = roster;
        if (maker == _nodeId)
        {
            GroupKey group = _settings.Keys.Find(_run) ?? GroupKey.Create(_run);
            _epoch.Use(_settings.Keys.Keep(_run, group));
            return [.. roster.NodeIds.Where(id => id != _nodeId).SelectMany(id => _epoch.Wrap(group, id))];
        }

        GroupKey unwrapped = _epoch.Unwrap(maker, share ?? throw new KeyExchangeException("the run's key did not come with the offers"));
        _epoch.Use(_settings.Keys.Keep(_run, unwrapped));
        return null;
    }

    /// <summary>Refuses nodes that are not in this key epoch.</summary>
    public void RequireMembers(int[] participants)
    {
        if (participants.FirstOrDefault(p => !_roster!.NodeIds.Contains(p)) is > 0 and var stranger)
        {
            throw new TaskRefusedException(TaskFailureCodes.NoState, $"node {stranger} is not in this key epoch");
        }
    }

    /// <summary>Masks integers of a step: pairwise masks, and from the first participant the mask that stays on the sum.</summary>
    public void MaskSum(StepId step, int[] participants, int neighbours, Span<byte> sum, SumFormat format)
    {
        bool stays = participants[0] == _nodeId;
        if (format.Bits == 64)
        {
            Span<ulong> words = MemoryMarshal.Cast<byte, ulong>(sum);
            Epoch.AddPairMasks(step, MaskUse.Gradient, participants, neighbours, words);
            if (stays)
            {
                Epoch.AddGroupMask(step, MaskUse.Gradient, participants, words);
            }
        }
        else
        {
            Span<uint> words = MemoryMarshal.Cast<byte, uint>(sum);
            Epoch.AddPairMasks(step, MaskUse.Gradient, participants, neighbours, words);
            if (stays)
            {
                Epoch.AddGroupMask(step, MaskUse.Gradient, participants, words);
            }
        }
    }

    /// <summary>Takes the mask off a sum.</summary>
    public void Unmask(StepId step, int[] participants, Span<byte> sum, SumFormat format)
    {
        if (format.Bits == 64)
        {
            Epoch.SubtractGroupMask(step, MaskUse.Gradient, participants, MemoryMarshal.Cast<byte, ulong>(sum));
        }
        else
        {
            Epoch.SubtractGroupMask(step, MaskUse.Gradient, participants, MemoryMarshal.Cast<byte, uint>(sum));
        }
    }

    /// <summary>Masks figures whose sum the orchestrator may know.</summary>
    public void Mask(StepId step, MaskUse use, int[] participants, int neighbours, long[] figures) =>
        Epoch.AddPairMasks(step, use, participants, neighbours, MemoryMarshal.Cast<long, ulong>(figures.AsSpan()));

    /// <summary>The point at which the authenticator of a step's sum is evaluated.</summary>
    public ulong TagPoint(StepId step) => Epoch.TagPoint(step);

    /// <summary>Seals bytes under the run's key.</summary>
    public byte[] Seal(byte[] content) => Epoch.Group!.Seal(content, Encoding.UTF8.GetBytes(_run));

    /// <summary>Opens sealed bytes.</summary>
    public byte[] Open(ReadOnlySpan<byte> content) => Epoch.Group!.Open(content, Encoding.UTF8.GetBytes(_run));

    /// <summary>A keyed hash, in hexadecimal digits.</summary>
    public string Authenticate(string label, ReadOnlySpan<byte> data) => Convert.ToHexStringLower(Epoch.Group!.Authenticate(label, data));

    /// <summary>A node's consent that the model is revealed, which only a node can make.</summary>
    public string ConsentOf(int node) => Authenticate(ConsentLabel, BitConverter.GetBytes(node));

    /// <summary>Requires the consents of all nodes.</summary>
    /// <exception cref="TaskRefusedException">One is missing.</exception>
    public void RequireConsents(ReadOnlySpan<byte> consents, int nodeCount, bool own)
    {
        bool all = own && consents.Length == nodeCount * ConsentLength;
        for (int node = 1; node <= nodeCount && all; node++)
        {
            all = CryptographicOperations.FixedTimeEquals(Convert.FromHexString(ConsentOf(node)), consents.Slice((node - 1) * ConsentLength, ConsentLength));
        }

        if (!all)
        {
            throw new TaskRefusedException(TaskFailureCodes.Computation, "the orchestrator wants the model, to which not every node has consented (reveal_model in its policy)");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _epoch?.Dispose();
        _ephemeral.Dispose();
    }
}
