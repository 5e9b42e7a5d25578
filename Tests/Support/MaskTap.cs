using System.Security.Cryptography;
using TraversalLearning.Messages;

namespace TraversalLearning.Tests.Support;

/// <summary>
/// Sees what nodes of a blind run send, and that a mask hides one value: whatever a node sends under the masks of one key epoch, step,
/// attempt and use, are the same bytes every time.
/// </summary>
internal sealed class MaskTap
{
    private readonly Lock _lock = new();
    private readonly Dictionary<int, string> _epochs = [];
    private readonly Dictionary<(int Node, string Epoch, StepId Step, string Use), string> _sent = [];
    private readonly List<string> _twice = [];

    /// <summary>How many masked values there were.</summary>
    public int Values => _sent.Count;

    /// <summary>How often one was sent again.</summary>
    public int Repetitions { get; private set; }

    /// <summary>The key epochs that there were.</summary>
    public int KeyEpochs => _sent.Keys.Select(k => k.Epoch).Distinct(StringComparer.Ordinal).Count();

    /// <summary>Sees a frame.</summary>
    public void See(int node, ProxiedFrame frame)
    {
        if (frame.Type is not (Wire.MessageType.KeyAgreed or Wire.MessageType.BlindSum or Wire.MessageType.BlindScores))
        {
            return;
        }

        ReceivedFrame received = Frames.Read(frame.Bytes)!;
        lock (_lock)
        {
            switch (received.Message)
            {
                case KeyAgreed agreed:
                    _epochs[node] = agreed.KeyEpoch;
                    break;
                case BlindSum sum when received.Tensors.Count > 0:
                    Sent(node, sum.Step, "gradient", received.Tensors[0]);
                    Sent(node, sum.Step, "figures", received.Tensors[1]);
                    break;
                case BlindScores scores:
                    Sent(node, scores.Step, "evaluation", received.Tensors[0]);
                    break;
            }
        }
    }

    /// <summary>Fails if two different values were sent under one mask.</summary>
    public void AssertEachMaskHidesOneValue() => Assert.That(_twice, Is.Empty);

    private void Sent(int node, StepId step, string use, byte[] bytes)
    {
        string hash = Convert.ToHexString(SHA256.HashData(bytes));
        if (_sent.TryAdd((node, _epochs[node], step, use), hash))
        {
            return;
        }

        Repetitions++;
        if (_sent[(node, _epochs[node], step, use)] != hash)
        {
            _twice.Add($"node {node}, {step}, {use}");
        }
    }
}
