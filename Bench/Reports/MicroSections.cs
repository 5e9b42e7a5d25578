using TraversalLearning.Benchmarks.Micro;
using TraversalLearning.Charts;

namespace TraversalLearning.Benchmarks.Reports;

/// <summary>What was measured within one process.</summary>
internal static class MicroSections
{
    // Links that one meets, in GB/s.
    private const double Gigabit = 0.125;
    private const double TenGigabit = 1.25;

    public static Section Codec(IReadOnlyList<(int Length, IReadOnlyList<(string What, double Rate)> Rates)> measured)
    {
        var table = new Table("tensor kB", "what", "GB/s", "of memcpy %");
        var bars = new List<Bar>();
        foreach ((int length, IReadOnlyList<(string What, double Rate)> rates) in measured)
        {
            foreach ((string what, double rate) in rates)
            {
                table.Add(Table.Number(length / 1024.0, "0"), what, Table.Number(rate), Table.Number(rate / rates[0].Rate * 100, "0"));
                bars.Add(new Bar($"{length / 1024} kB, {what}", [rate]));
            }
        }

        return new Section(
            "codec",
            "Framing tensors",
            "Frames are with checksums: made and verified. Over loopback one thread sends and another receives, and each tensor is waited for.",
            table,
            new BarChart("Framing tensors", "GB/s", ["rate"], bars));
    }

    public static Section Lz4(IReadOnlyList<(string Name, int Length, Lz4Figures Figures)> measured)
    {
        var table = new Table("tensor", "kB", "ratio", "encode GB/s", "decode GB/s", "pays below GB/s", "gain at 1 Gbit/s", "gain at 10 Gbit/s");
        foreach ((string name, int length, Lz4Figures lz4) in measured)
        {
            table.Add(
                name,
                Table.Number(length / 1e3, "0.0"),
                Table.Number(lz4.Ratio, "0.000"),
                Table.Number(lz4.Encode),
                Table.Number(lz4.Decode),
                Table.Number(lz4.PaysBelow, "0.000"),
                Table.Number(lz4.GainAt(Gigabit)),
                Table.Number(lz4.GainAt(TenGigabit)));
        }

        return new Section(
            "lz4",
            "LZ4 on real tensors",
            "Of a visit of 64 rows, mlp, after a run of this benchmark. A gain above 1: the tensor is over the link sooner, encoding and"
            + " decoding included. What does not shrink is sent as it is.",
            table);
    }
}
