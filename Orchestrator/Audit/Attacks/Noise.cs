using TorchSharp;
using TraversalLearning.Wire;
using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Audit.Attacks;

/// <summary>
/// Pearson's chi-square test of bytes that nodes sent against the uniform distribution. A large p says that the bytes
/// cannot be told from noise by their frequencies.
/// </summary>
internal sealed class Noise : IAttack
{
    // Fewer than some 5 expected of each byte, and the distribution of the statistic is another.
    private const int LeastBytes = 5 * 256;

    public string Name => "bytes against noise";

    public string Description => "chi-square test of the bytes that nodes sent against uniform ones";

    public string Needs => "payloads, or bytes on the network";

    public IEnumerable<Recovered> Run(PartyView view, AuditContext facts)
    {
        if (view.Wire.Length >= LeastBytes)
        {
            yield return new NoiseTest(null, "all", PValue(view.Wire.Span));
        }

        foreach (Messages.StepId step in view.Steps)
        {
            var sent = view.Frames.Where(f => !f.ToNode && f.Step with { Attempt = 0 } == step)
                .SelectMany(f => f.Tensors, (f, t) => (f.Type, t.Name, t.Bytes))
                .GroupBy(t => (t.Type, t.Name), t => t.Bytes);
            foreach (IGrouping<(MessageType Type, string Name), byte[]> payload in sent)
            {
                byte[] bytes = [.. payload.SelectMany(b => b)];
                if (bytes.Length >= LeastBytes)
                {
                    yield return new NoiseTest(step, payload.Key.Name, PValue(bytes));
                }
            }
        }
    }

    /// <summary>The probability of a statistic at least as large from uniform bytes.</summary>
    public static double PValue(ReadOnlySpan<byte> bytes)
    {
        long[] counts = new long[256];
        foreach (byte value in bytes)
        {
            counts[value]++;
        }

        double expected = bytes.Length / 256.0;
        double statistic = counts.Sum(c => (c - expected) * (c - expected) / expected);
        return special.gammaincc(tensor(255 / 2.0), tensor(statistic / 2)).ToDouble();
    }
}
