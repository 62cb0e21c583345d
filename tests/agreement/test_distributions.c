/* Distributions against 40-digit arithmetic. */
#include "agreement/beta.h"
#include "agreement/chi_square.h"
#include "agreement/gamma.h"
#include "agreement/normal.h"
#include "agreement/student.h"
#include "agreement/welch.h"
#include "base/memory.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>

static void expect_close(double got, double want, double relative, const char *what, double where)
{
    cr_expect(le(dbl, isfinite(got) ? fabs(got - want) : INFINITY, relative * fabs(want)),
              "%s at %g: %.17g, not %.17g", what, where, got, want);
}

struct point {
    double x;
    double y;
};

static const struct point normal_points[] = {
    {-8.0,  6.2209605742717841235e-16},
    {-1.96, 0.024997895148220436213  },
    {0.0,   0.5                      },
    {0.5,   0.69146246127401310364   },
    {3.0,   0.99865010196836990547   },
    {6.0,   0.99999999901341235496   },
};

static const struct point normal_quantiles[] = {
    {1e-300, 37.047096299361199237 },
    {1e-20,  9.2623400897984075737 },
    {1e-5,   4.2648907939228246285 },
    {0.0125, 2.2414027276049453751 },
    {0.025,  1.9599639845400542355 },
    {0.3,    0.52440051270804078404},
    {0.975,  -1.9599639845400542355},
};

Test(normal, probabilities_and_quantiles_are_right)
{
    for (size_t i = 0; i < ARRAY_LENGTH(normal_points); i++) {
        expect_close(normal_cdf(normal_points[i].x), normal_points[i].y, 1e-14, "cdf",
                     normal_points[i].x);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(normal_quantiles); i++) {
        expect_close(normal_upper_quantile(normal_quantiles[i].x), normal_quantiles[i].y, 1e-14,
                     "quantile", normal_quantiles[i].x);
    }
    cr_expect(epsilon_eq(dbl, normal_upper_quantile(0.5), 0.0, 1e-15));
}

Test(normal, quantiles_undo_probabilities)
{
    for (double x = -8.0; x < 30.0; x += 0.37) {
        double want = x > 0.0 ? x : -normal_upper_quantile(normal_cdf(x));
        double got = x > 0.0 ? normal_upper_quantile(normal_cdf(-x)) : x;
        cr_expect(epsilon_eq(dbl, got, want, 1e-12), "%g", x);
    }
}

struct student_point {
    double tail;
    double df;
    double t;
};

static const struct student_point student_points[] = {
    {0.025,  1.0,     12.7062047361747039   },
    {0.025,  2.0,     4.30265272974946372   },
    {0.025,  4.5,     2.65891234720440372   },
    {0.025,  10.0,    2.22813885198627472   },
    {0.0125, 30.0,    2.35956245870092923   },
    {0.025,  1000.0,  1.96233908082640846   },
    {0.005,  3.3,     5.3443060697210797    },
    {0.025,  2e6,     1.95996517067637499   },
    {1e-6,   9.0,     10.7201604099095004   },
    {0.025,  200.0,   1.97189622363390936   },
    {0.025,  9000.0,  1.96022760508147774   },
    {0.025,  11000.0, 1.96017966888934564   },
    {1e-6,   9999.0,  4.75622996576704325   },
    {1e-6,   10001.0, 4.75622940440268014   },
    {1e-12,  4.0,     1316.07274655925654   },
    {1e-12,  9.0,     51.4149160232822305   },
    {1e-100, 1.0,     3.18309886183790665e99},
    {1e-100, 4.0,     1.31607401295249245e25},
    {1e-100, 5000.0,  21.7651603272871816   },
};

Test(student, quantiles_are_right)
{
    for (size_t i = 0; i < ARRAY_LENGTH(student_points); i++) {
        const struct student_point *point = &student_points[i];
        expect_close(student_upper_quantile(point->tail, point->df), point->t, 1e-11, "t",
                     point->df);
    }
}

struct critical_point {
    double z;
    double df;
    double t;
};

static const struct critical_point critical_points[] = {
    {1.9599639845400542, 10.0, 2.22813885198627472   },
    {3.0,                4.0,  6.62020596681586644   },
    {3.07,               9.0,  4.25059695986314043   },
    {4.48,               10.0, 8.42466440278693094   },
    {20.0,               4.0,  1.81678756815818255e22},
};

Test(student, a_critical_value_keeps_its_tail)
{
    for (size_t i = 0; i < ARRAY_LENGTH(critical_points); i++) {
        const struct critical_point *point = &critical_points[i];
        expect_close(student_critical(point->z, point->df), point->t, 1e-10, "critical", point->z);
    }
}

/* However early a look, its interval has ends. */
Test(student, a_critical_value_is_finite_and_never_below_the_normal_one)
{
    for (double z = 0.01; z < 1e6; z *= 1.7) {
        for (double df = 1.0; df < 1e6; df *= 3.0) {
            double t = student_critical(z, df);
            cr_expect(isfinite(t) && t >= z, "%g at %g: %g", z, df, t);
        }
    }
}

Test(beta, the_ends_are_certain)
{
    cr_expect(eq(dbl, beta_regularized(2.0, 3.0, 0.0, 1.0), 0.0));
    cr_expect(eq(dbl, beta_regularized(2.0, 3.0, 1.0, 0.0), 1.0));
    cr_expect(epsilon_eq(dbl, beta_regularized(1.0, 1.0, 0.3, 0.7), 0.3, 1e-15));
    cr_expect(epsilon_eq(dbl, beta_regularized(2.0, 1.0, 0.9, 0.1), 0.81, 1e-14));
}

struct gamma_point {
    double a;
    double x;
    double lower;
    double upper;
};

static const struct gamma_point gamma_points[] = {
    {0.5,    0.1,     0.34527915398142298,    0.65472084601857702     },
    {0.5,    5.0,     0.99843459774199745,    0.00156540225800254968  },
    {0.5,    400.0,   1.0,                    5.39586561160790093e-176},
    {3.0,    2.0,     0.323323583816936541,   0.676676416183063459    },
    {3.0,    30.0,    0.999999999954989834,   4.50101664801212398e-11 },
    {99.5,   100.0,   0.533254256498621816,   0.466745743501378184    },
    {99.5,   60.0,    1.92805775819175589e-6, 0.999998071942241808    },
    {99.5,   160.0,   0.999999887295137891,   1.12704862108986407e-7  },
    {5000.0, 4900.0,  0.0779449562265139139,  0.922055043773486086    },
    {5000.0, 5200.0,  0.997415186504646191,   0.00258481349535380865  },
    {1e6,    1.001e6, 0.841344786368340292,   0.158655213631659708    },
};

Test(gamma, both_tails_are_right)
{
    for (size_t i = 0; i < ARRAY_LENGTH(gamma_points); i++) {
        const struct gamma_point *point = &gamma_points[i];
        expect_close(gamma_lower(point->a, point->x), point->lower, 2e-12, "lower", point->x);
        expect_close(gamma_upper(point->a, point->x), point->upper, 2e-12, "upper", point->x);
    }
    cr_expect(eq(dbl, gamma_lower(2.0, 0.0), 0.0));
    cr_expect(eq(dbl, gamma_upper(2.0, 0.0), 1.0));
}

struct noncentral_point {
    double x;
    double degrees;
    double noncentrality;
    double probability;
};

static const struct noncentral_point noncentral_points[] = {
    {5.0,    1.0,   3.0,    0.692839123180931835   },
    {5.0,    2.0,   3.0,    0.594060803078196675   },
    {43.8,   3.0,   71.3,   0.0250189456769721574  },
    {200.0,  49.0,  100.0,  0.983780203075322756   },
    {10.0,   199.0, 5.0,    2.49432455185991771e-91},
    {1000.0, 7.0,   1200.0, 0.0009390402911252802  },
    {0.01,   4.0,   2.0,    4.59083365130590028e-6 },
};

Test(noncentral, probabilities_are_right)
{
    for (size_t i = 0; i < ARRAY_LENGTH(noncentral_points); i++) {
        const struct noncentral_point *point = &noncentral_points[i];
        expect_close(noncentral_cdf(point->x, point->degrees, point->noncentrality),
                     point->probability, 1e-10, "noncentral", point->x);
    }
    cr_expect(eq(dbl, noncentral_cdf(0.0, 3.0, 5.0), 0.0));
    expect_close(noncentral_cdf(4.0, 3.0, 0.0), 1.0 - chi_square_upper(4.0, 3.0), 1e-14, "central",
                 4.0);
}

Test(noncentral, the_normal_form_takes_over_without_a_jump)
{
    for (double degrees = 1.0; degrees < 200.0; degrees *= 3.0) {
        for (double z = -3.0; z <= 3.0; z += 1.0) {
            double x = pow(sqrt(1e5) + z, 2.0) + degrees;
            double mixture = noncentral_cdf(x, degrees, 1e5);
            double normal = noncentral_cdf(x, degrees, nextafter(1e5, 2e5));
            cr_expect(epsilon_eq(dbl, mixture, normal, 1e-6), "%g degrees, %g", degrees, z);
        }
    }
}

Test(noncentral, quantiles_undo_probabilities)
{
    static const double probabilities[] = {1e-8, 0.025, 0.5, 0.975};
    for (double degrees = 1.0; degrees < 500.0; degrees = 2.5 * degrees + 0.5) {
        for (double noncentrality = 0.5; noncentrality < 2e6; noncentrality *= 9.0) {
            for (size_t i = 0; i < ARRAY_LENGTH(probabilities); i++) {
                double x = degrees + noncentrality;
                double found = noncentrality_quantile(x, degrees, probabilities[i]);
                double back = noncentral_cdf(x, degrees, found);
                if (found == 0.0) {
                    cr_expect(le(dbl, back, probabilities[i]));
                } else {
                    expect_close(back, probabilities[i], 1e-9, "probability", noncentrality);
                }
            }
        }
    }
}

Test(welch, equal_variances_add_their_degrees)
{
    cr_expect(epsilon_eq(dbl, welch_df(2.0, 10.0, 2.0, 10.0), 20.0, 1e-12));
    cr_expect(epsilon_eq(dbl, welch_df(1.0, 5.0, 0.0, 49.0), 5.0, 1e-12));
    cr_expect(epsilon_eq(dbl, welch_df(1e-200, 5.0, 1e-200, 5.0), 10.0, 1e-12));
    cr_expect(eq(dbl, welch_df(0.0, 5.0, 0.0, 7.0), 12.0));
}
