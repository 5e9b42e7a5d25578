using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Audit;

namespace TraversalLearning.Tests.Unit.Audit;

public sealed class AuditRecordTests
{
    [Test]
    public void The_file_is_as_documented()
    {
        Finding[] findings =
        [
            new("two_phase", "orchestrator", "labels from Λ", 0, string.Empty, Measures.Labels, 64) { Share = 1, Chance = 0.1 },
            new("two_phase", "orchestrator", "A over epochs", null, "4 visits", Measures.Inputs, 6) { WithinOnePercent = 6, WithinTenPercent = 6, MedianError = 6.1e-5 },
            new("two_phase", "wire, TLS", "bytes against noise", null, "all", Measures.Noise, 0) { PValue = 0.5 },
        ];
        var record = new AuditRecord(
            "mlp", "relu", 64, 3, "fashion-mnist", 6000, 1, [0, 50], [new AttackRecord("labels from Λ", "how", "Λ")], findings, AuditSummary.Of(findings), ["a change"]);
        Assert.That(record.ToJson().Replace(ProductInfo.Version, "V", StringComparison.Ordinal), Is.EqualTo(
            """
            {
              "format": 1,
              "written_by": "V",
              "model": "mlp",
              "activation": "relu",
              "batch_size": 64,
              "num_nodes": 3,
              "dataset": "fashion-mnist",
              "samples": 6000,
              "seed": 1,
              "steps": [
                0,
                50
              ],
              "attacks": [
                {
                  "name": "labels from Λ",
                  "description": "how",
                  "needs": "Λ"
                }
              ],
              "findings": [
                {
                  "exchange": "two_phase",
                  "party": "orchestrator",
                  "attack": "labels from Λ",
                  "step": 0,
                  "of": "",
                  "measure": "labels",
                  "rows": 64,
                  "share": 1,
                  "chance": 0.1,
                  "within_one_percent": null,
                  "within_ten_percent": null,
                  "median_error": null,
                  "p_value": null
                },
                {
                  "exchange": "two_phase",
                  "party": "orchestrator",
                  "attack": "A over epochs",
                  "step": null,
                  "of": "4 visits",
                  "measure": "inputs",
                  "rows": 6,
                  "share": null,
                  "chance": null,
                  "within_one_percent": 6,
                  "within_ten_percent": 6,
                  "median_error": 6.1E-05,
                  "p_value": null
                },
                {
                  "exchange": "two_phase",
                  "party": "wire, TLS",
                  "attack": "bytes against noise",
                  "step": null,
                  "of": "all",
                  "measure": "noise",
                  "rows": 0,
                  "share": null,
                  "chance": null,
                  "within_one_percent": null,
                  "within_ten_percent": null,
                  "median_error": null,
                  "p_value": 0.5
                }
              ],
              "summary": [
                {
                  "exchange": "two_phase",
                  "sentence": "With two_phase, 100 % of the labels and 6 of 6 samples (within 1 %) are recovered by the orchestrator; no label and no sample (within 1 %) is recovered by another node, orchestrator and node together and a reader of the network without TLS; with TLS a reader of the network sees bytes that cannot be told from noise (p = 0.50)."
                }
              ],
              "advice": [
                "a change"
              ]
            }

            """));
    }

    [Test]
    public void A_table_has_the_strongest_of_each_attack()
    {
        Finding Found(int step, int within) => new("relay", "wire", "least squares, node", step, string.Empty, Measures.Inputs, 64) { WithinOnePercent = within, MedianError = 0.5 };
        Finding[] findings = [Found(0, 3), Found(50, 64), Found(200, 5)];
        Assert.That(StrongestFindings.Of(findings), Is.EqualTo((Finding[])[findings[1]]));
        Assert.That(FindingTable.Of(findings).Rows[1], Is.EqualTo((string[])["relay", "wire", "least squares, node", "50", "", "64", "", "", "64", "", "5.0e-01", ""]));
    }
}
