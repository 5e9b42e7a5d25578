using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Audit.Attacks;

/// <summary>Every visit to a sample gives as many linear equations for it as the first layer has units: <c>A = W x + b</c>, with another <c>W</c> each time.</summary>
internal sealed class ActivationsOverEpochs : IAttack
{
    /// <summary>Samples to recover: each takes the solution of a large system.</summary>
    public const int Samples = 6;

    public string Name => "A over epochs";

    public string Description => "solves A = W x + b of several visits to a sample for x, without any gradient";

    public string Needs => "A and θ_N; a linear first layer and the cut behind it";

    public IEnumerable<Recovered> Run(PartyView view, AuditContext facts)
    {
        if (FirstLayer.AtCut(facts.Setup) is not { } layer)
        {
            yield break;
        }

        (SampleRow Row, Equations[] Visits)[] known =
        [
            .. from visit in view.AllVisits
               where visit.Rows.Count > 0 && visit.NodeId != view.OwnNode
               let parameters = visit.Parameters
               let activations = visit.Activations
               where parameters is not null && activations is not null
               from sample in visit.Rows.Select((row, i) => (Row: row, Index: i))
               group new Equations(layer, parameters, activations, sample.Index) by sample.Row into visits
               orderby visits.Count() descending
               select (visits.Key, visits.ToArray()),
        ];
        int most = known.Length == 0 ? 0 : known[0].Visits.Length;
        if (most < 2)
        {
            yield break;
        }

        (SampleRow Row, Equations[] Visits)[] followed = [.. known.Where(k => k.Visits.Length == most).Take(Samples)];
        for (int count = 1; count <= most; count++)
        {
            yield return new InputGuess(
                null, count == 1 ? "1 visit" : $"{count} visits", [], [.. followed.Select(f => Solve(f.Visits[..count]))])
            {
                Rows = [.. followed.Select(f => f.Row)],
            };
        }
    }

    private static double[] Solve(Equations[] visits) =>
        LinearSystem.Rows(LinearSystem.Solve(cat([.. visits.Select(v => v.Left)]), cat([.. visits.Select(v => v.Right)])).t())[0];

    /// <summary>One visit's equations for one sample; views, so that a matrix is held once for a visit.</summary>
    private sealed record Equations(FirstLayer Layer, Tensor Parameters, Tensor Activations, int Index)
    {
        public Tensor Left => Layer.Weights(Parameters);

        public Tensor Right => Activations[Index].sub(Layer.Biases(Parameters)).unsqueeze(1);
    }
}
